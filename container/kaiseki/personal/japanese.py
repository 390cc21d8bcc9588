"""Names of columns and tables in Japanese: the words that make them personal, and those that do not."""

import re

from kaiseki.personal.kinds import Kind

_PEOPLE = (
    "顧客|お客様|会員|ユーザー?|利用者|社員|従業員|職員|患者|生徒|学生|担当者|契約者|購入者|注文者|申込者|受取人|保護者|"
    "世帯主|代表者|責任者|上司|講師|教員|医師|選手|作成者|更新者|登録者|承認者|送信者|受信者|被保険者|名義人|連絡者"
)
_ORGANISATIONS = (
    "会社|企業|法人|店舗|支店|本店|本社|営業所|事業所|取引先|仕入先|倉庫|施設|学校|病院|拠点|工場|駅|物件|ホテル|団体|"
    "組織|部署|メーカー"
)
_OF = "(?:の|本人)?"
_FORM = "(?:カナ|かな|漢字|ローマ字|英字)?"
_CERTAIN = (
    (
        r"個人番号|マイナンバー|免許証?の?番号|(?:パスポート|旅券)(?:番号)?$|保険証?の?(?:記号)?番号|基礎年金番号|"
        r"在留カード番号|住民票コード",
        Kind.IDENTITY,
    ),
    (r"カード番号|口座番号|口座名義|セキュリティコード", Kind.ACCOUNT),
    (r"パスワード|暗証番号|秘密の(?:質問|答え)", Kind.CREDENTIAL),
    (r"生年月日|誕生日", Kind.BIRTH),
)
_BY_ENDING = (
    (r"(?:[Ee]?メール|e-?mail|mail)(?:アドレス)?$", Kind.EMAIL),
    (r"(?:電話|携帯|TEL|FAX|ファックス|ファクス)(?:電話)?(?:番号|No)?$|連絡先$", Kind.PHONE),
    (r"(?:住所|番地|居所|所在地|建物名|マンション名|送付先|届け?先|配送先|宛先)$", Kind.ADDRESS),
    (r"(?:IP|MAC)アドレス$", Kind.NETWORK),
    (
        rf"(?:氏名|姓名|フルネーム|ニックネーム|本名|旧姓|フリガナ|ふりがな|(?:{_PEOPLE}){_OF}(?:名|名前|名称)?){_FORM}$|"
        rf"^(?:[姓名]|[苗名]字){_FORM}$|^(?:セイ|メイ)$",
        Kind.NAME,
    ),
)
_HARMLESS = re.compile(r"(?:数|日時|区分|フラグ|種別|有無|コード|ID|可否|ランク|属性|率|額)$", re.IGNORECASE)
_NOISE = re.compile(r"[\s_・()/0-9]+")
_TABLE_ENDINGS = re.compile(r"(?:マスター?|テーブル|一覧|情報|台帳|名簿|データ|[\d_])+$")
_ORGANISATION = re.compile(_ORGANISATIONS)
_SUBJECTS = ((re.compile(f"(?:{_PEOPLE})$"), "person"), (re.compile(f"(?:{_ORGANISATIONS})$"), "organisation"))


def kind_of(column: str) -> Kind | None:
    bare = _NOISE.sub("", column)
    for pattern, kind in _CERTAIN:
        if re.search(pattern, bare):
            return kind
    if _HARMLESS.search(bare):
        return None
    return next((kind for pattern, kind in _BY_ENDING if re.search(pattern, bare, re.IGNORECASE)), None)


def is_of_organisation(column: str) -> bool:
    return _ORGANISATION.search(column) is not None


def subject(table: str) -> str:
    bare = _TABLE_ENDINGS.sub("", table)
    return next((what for pattern, what in _SUBJECTS if pattern.search(bare)), "")
