CREATE TABLE users (userid BIGINT, age INTEGER, gender VARCHAR, joined DATE, email VARCHAR);

INSERT INTO users VALUES
  (1, 34, 'f', '2023-01-15', 'ann@example.com'),
  (2, 51, 'm', '2023-02-28', 'bob@mail.example.org'),
  (3, NULL, 'f', '2024-02-29', NULL),
  (4, 19, NULL, '2024-03-31', 'd''arcy@example.com'),
  (5, 27, 'x', '2024-12-30', '太郎@example.jp');

CREATE TABLE interactions (userid BIGINT, timestamp TIMESTAMP, itemid VARCHAR, interactiontype VARCHAR,
  feature1 DOUBLE, purchase INTEGER);

INSERT INTO interactions VALUES
  (1, '2024-01-01 09:00:00', 'item-1', 'view', 0.5, 0),
  (1, '2024-01-01 09:05:00', 'item-1', 'purchase', 0.7, 1),
  (2, '2024-01-02 23:59:59', 'item-2', 'click', -1.5, 0),
  (3, '2024-02-29 12:00:00', 'item-1', 'add-to-cart', NULL, 0),
  (9, '2024-03-01 00:00:00', 'item-47', 'view', 2.25, NULL);

CREATE TABLE orders (id INTEGER, customer_id INTEGER, ordered_at TIMESTAMP, status VARCHAR, amount DECIMAL(8,2),
  paid BOOLEAN, note VARCHAR);

INSERT INTO orders VALUES
  (1, 1, '2024-01-31 10:00:00', 'paid', 120.50, true, '{"channel": "web", "tags": ["a", "b"]}'),
  (2, 1, '2024-02-29 23:59:59', 'sent', 15.00, true, '{"channel": "shop"}'),
  (3, 2, '2024-03-03 00:00:00', 'paid', 99.99, false, NULL),
  (4, 3, '2024-03-04 12:30:45', 'cancelled', NULL, NULL, 'broken'),
  (5, 4, '2024-12-30 08:00:00', 'sent', 0.01, true, '{}'),
  (6, NULL, '2024-12-31 08:00:00', 'new', 42.00, false, NULL);

CREATE TABLE customers (id INTEGER, name VARCHAR, country VARCHAR);

INSERT INTO customers VALUES (1, 'Ann Lee', 'JP'), (2, 'Bob', 'FR'), (3, '山田 太郎', 'JP'), (4, NULL, 'US'), (5, 'Eve', NULL);

CREATE TABLE contacts ("user name" VARCHAR, "group" INTEGER);

INSERT INTO contacts VALUES ('ann', 1), ('bob', 2);

CREATE TABLE 売上 (日付 DATE, 店舗 VARCHAR, 商品 VARCHAR, 数量 INTEGER, 金額 DECIMAL(12,0));

INSERT INTO 売上 VALUES
  ('2024-04-01', '東京', 'りんご', 3, 450),
  ('2024-04-02', '大阪', 'みかん', 10, 800),
  ('2024-05-01', '東京', 'みかん', 5, 400),
  ('2024-05-03', '福岡', 'りんご', NULL, NULL);

CREATE TABLE events (id INTEGER, happened TIMESTAMP WITH TIME ZONE, body JSON);

INSERT INTO events VALUES
  (1, '2024-01-01 00:00:00+00', '{"kind": "order", "total": 120.5, "items": [{"sku": "a", "qty": 2}, {"sku": "b", "qty": 1}]}'),
  (2, '2024-01-01 15:30:00+00', '{"kind": "visit", "page": {"path": "/top", "ms": 35}, "items": []}'),
  (3, '2024-06-30 23:59:59+00', NULL);

CREATE SCHEMA finance;

CREATE TABLE finance.archive (id INTEGER, total DECIMAL(12,2), closed DATE);

INSERT INTO finance.archive VALUES (1, 1000.00, '2023-12-31'), (2, 2000.50, '2024-12-31');
