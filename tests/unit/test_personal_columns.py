"""Which columns are taken for personal by their names or their values, and what is shown of a value."""

import pytest

from kaiseki.personal.allowance import Allowance, parse_allowance
from kaiseki.personal.kinds import Kind
from kaiseki.personal.names import kind_by_name
from kaiseki.personal.values import kind_by_values, shape_of

PERSONAL = {
    Kind.NAME: """users.name users.username customers.full_name orders.customer_name users.firstName users.LNAME
        users.last_name_kana dim_customer.name user_profiles.display_name patients.name orders.recipient_name
        hr.employee.EmpName comments.UserDisplayName 顧客マスタ.氏名 注文.顧客名 社員.氏名カナ
        t.担当者名 t.フリガナ 会員.名前 t.姓""",
    Kind.EMAIL: "orders.email orders.ship_email users.email_address users.Email1 顧客.メールアドレス 顧客.Ｅメール",
    Kind.PHONE: """users.mobile_phone users.phone_no users.tel contacts.fax employees.emergency_contact_phone
        顧客.電話番号 t.携帯電話""",
    Kind.ADDRESS: """users.address_line_1 users.addr1 users.home_address customers.billing_street orders.ship_to_address
        会員.住所1 注文.配送先住所""",
    Kind.IDENTITY: "employees.ssn users.passport_no 社員.個人番号 t.マイナンバー t.運転免許証番号",
    Kind.ACCOUNT: "payments.card_number payments.cc_num users.iban t.クレジットカード番号 t.口座番号",
    Kind.BIRTH: "users.birth_date users.date_of_birth users.dob 会員.生年月日",
    Kind.NETWORK: "users.client_ip logs.ip_address logs.remote_addr t.IPアドレス t.ＩＰアドレス",
    Kind.CREDENTIAL: "users.password users.api_key 会員.パスワード",
}
HARMLESS = """products.product_name products.name events.event_name categories.category_name t.file_name t.table_name
    t.hostname t.company_name stores.name stores.phone stores.address t.store_address users.email_opt_in
    users.email_count users.is_email_verified users.phone_type users.address_id users.city users.country users.zip
    users.gender users.age users.userid users.birth_country users.name_length logs.user_agent t.campaign_name
    user_events.name customer_segments.name customers.segment_name t.web_address airports.name hotels.address
    orders.order_number t.card_type t.ip_count t.display_name t.filename t.rename t.email_domain t.phone_model
    frpm.School_Name users.username_count t.link_to_member match.home_player_1 t.account_id 商品.商品名 商品.名前
    店舗.店舗名 店舗.電話番号 店舗.住所 t.会社名 t.会社住所 会員.会員番号 会員.都道府県
    会員.メール配信フラグ 会員.会員数 会員.年齢
    会員.性別 顧客.顧客ID 顧客.顧客区分 t.部署名 t.カテゴリ名 t.件名 t.品名 t.イベント名""".split()


@pytest.mark.parametrize("kind", PERSONAL)
def test_a_column_is_personal_by_its_name_and_its_table(kind: Kind) -> None:
    for name in PERSONAL[kind].split():
        table, _, column = name.rpartition(".")
        assert kind_by_name(table, column, "VARCHAR(256)") is kind, name


def test_names_of_things_and_organisations_and_measures_are_not_personal() -> None:
    split = {name: name.rpartition(".") for name in HARMLESS}
    found = {name: kind_by_name(table, column, "VARCHAR(256)") for name, (table, _, column) in split.items()}
    assert {name: kind for name, kind in found.items() if kind} == {}


@pytest.mark.parametrize("values", [["12 m²", "x³"], ["①東京", "② 大阪"], ["½", "一二三", "٤٢", "Ⅻ"]])
def test_numbers_of_any_script_are_values_like_others(values: list[str]) -> None:
    assert kind_by_values(values) is None


@pytest.mark.parametrize(
    ("column", "type_", "personal"),
    [
        ("email", "BOOLEAN", False),
        ("phone", "BIGINT", True),
        ("phone", "TIMESTAMP", False),
        ("birthday", "DATE", True),
        ("birthday", "TIMESTAMPTZ", True),
        ("ip", "DOUBLE PRECISION", False),
        ("card_number", "NUMERIC(16,0)", True),
        ("card_number", "NUMERIC(16,2)", False),
    ],
)
def test_the_type_of_a_column_must_fit_what_its_name_says(column: str, type_: str, personal: bool) -> None:
    assert (kind_by_name("users", column, type_) is not None) is personal


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["taro@example.co.jp", "n/a"], Kind.EMAIL),
        (["090-1234-5678", "0312345678", "03-1234-5678"], Kind.PHONE),
        (["+81 90 1234 5678"], Kind.PHONE),
        (["(555) 123-4567"], Kind.PHONE),
        (["東京都千代田区丸の内1-1-1", "〒100-0005 大阪府大阪市北区梅田三丁目"], Kind.ADDRESS),
        (["12 Main Street", "7 Elm Ave, Springfield"], Kind.ADDRESS),
        (["4111 1111 1111 1111", "5500000000000004", "378282246310005"], Kind.ACCOUNT),
        (["123456789018", "123456789018", "123456789018"], Kind.IDENTITY),
        (["123-45-6789"], Kind.IDENTITY),
        (["192.168.0.1", "2001:db8::1"], Kind.NETWORK),
        (["4111111111111112", "4111111111111113", "4111111111111114"], None),  # the check digit is wrong
        (["123456789012", "123456789013", "123456789014"], None),
        (["2024-01-01", "2024-12-31"], None),
        (["978-3-16-148410-0"], None),
        (["1.2.3", "12:30:01", "item-47", "東京都", "view"], None),
        (["one", "two", "taro@example.co.jp"], None),
        ([], None),
    ],
)
def test_a_column_is_personal_if_half_of_its_values_look_so(values: list[str], kind: Kind | None) -> None:
    assert kind_by_values(values) is kind


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("customer", ["Jiro Sato", "Mary-Ann O'Neil"], Kind.NAME),
        ("sold_by_employee", ["Braund, Mr. Owen"], Kind.NAME),
        ("Author1", ["山田 太郎", "田中花子"], Kind.NAME),
        ("customer", ["C-001", "C-002"], None),
        ("member", ["gold", "silver"], None),
        ("product", ["Green Tea", "Black Coffee"], None),
    ],
)
def test_what_looks_like_a_name_is_one_where_the_column_is_called_like_a_person(
    column: str, values: list[str], kind: Kind | None
) -> None:
    assert kind_by_values(values, column) is kind


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("Taro.Yamada@example.jp", "Aaaa.Aaaaaa@aaaaaaa.aa"),
        ("03-1234-5678", "99-9999-9999"),
        ("山田 太郎", "漢漢 漢漢"),
        ("ヤマダ たろう", "アアア あああ"),
        ("Zoë ÅŁ 한", "Aaa AA a"),
        ("x\ny", "a a"),
        ("１２", "99"),
        ("a" * 50, "a" * 39 + "…"),
    ],
)
def test_a_shape_has_no_letter_and_no_digit_of_the_value(value: str, shape: str) -> None:
    assert shape_of(value) == shape


def test_an_allowance_names_all_or_columns_with_their_table() -> None:
    allowed = parse_allowance("Users.Email, crm.people.name")
    assert allowed.covers("public", "users", "email")
    assert allowed.covers("CRM", "People", "NAME")
    assert not allowed.covers("public", "people", "name")
    assert parse_allowance("all") == Allowance(everything=True)


@pytest.mark.parametrize("text", ["", "email", "a.b.c.d", "all, users.email", "users.", ","])
def test_an_allowance_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write all, or columns"):
        parse_allowance(text)
