CREATE TABLE sales (id INTEGER, seller INTEGER, qty INTEGER, price DECIMAL(8,2), fee DECIMAL(8,2), weight DOUBLE,
                    sold TIMESTAMP, day DATE, note VARCHAR, paid BOOLEAN, big BIGINT);

INSERT INTO sales VALUES
  (1, 1, 10, 100.00, 15.00, 1.5,  '2024-01-31 10:00:00',        '2024-01-31', 'red fox',   true,  5000000000),
  (2, 1, 30, 250.50, 37.58, 2.5,  '2024-02-29 23:59:59',        '2024-02-29', 'Red Fox',   false, 1),
  (3, 2, 20,  10.00,  1.50, NULL, '2024-03-03 00:00:00',        '2024-03-03', NULL,        true,  2),
  (4, 2, 15,  10.00,  1.50, 4.0,  '2024-03-04 12:30:45.678901', '2024-03-04', 'blue_whale', NULL, 3),
  (5, 3, NULL, 1.00,  0.15, 0.5,  '2024-12-30 08:00:00',        '2024-12-30', '東京タワー', true,  NULL);

CREATE TABLE docs (id INTEGER, body VARCHAR);

INSERT INTO docs VALUES (1, '{"a":{"b":"x"},"n":5,"l":[11,12,13]}'), (2, '{"a":{}}'), (3, 'broken');

CREATE TABLE monthly (region VARCHAR, month VARCHAR, amount INTEGER);

INSERT INTO monthly VALUES ('east','jan',10), ('east','feb',20), ('west','jan',5), ('west','feb',NULL),
                           ('east','jan',1);
