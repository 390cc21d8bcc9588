"""The words, English and Japanese, by which a question shows what it wants. All patterns are for folded text."""

import re

BEYOND = re.compile(
    r"\b(?:cluster\w*|forecast\w*|anomal\w*|outliers?|survival|cohorts?|retention|causal\w*|causes?|why|recommend\w*|"
    r"sentiment|"
    r"simulat\w*|moving average|rolling|cumulative|running total|growth|percentiles?|quantiles?|optimi[sz]\w*|poem|"
    r"joke|"
    r"email|translate|deep learning|neural|delete|update|insert|drop table|a/b test|ab test|"
    r"(?:above|below|over|under|than) (?:the )?average|(?:year|month) over "
    r"(?:year|month)|"
    r"next (?:week|month|quarter|year)|segmentation)\b|"
    r"クラスタ|セグメン|将来予測|需要予測|来月|来年|来週|異常|外れ値|生存|コホート|因果|なぜ|理由|推薦|レコメンド|感情|"
    r"移動平均|平均(?:より|以上|以下|を超|を上回|を下回)|累積|累計|成長率|前年比|前月比|増加率|最適化|翻訳|削除|更新して|深層学習|シミュレーション|詩を"
)
PREDICTION = re.compile(
    r"\b(?:predict\w*|classif\w*|regress\w*|machine[- ]learning|ml|target|train\w*|models?|label)\b|"
    r"予測|分類|回帰|機械学習|モデル|目的変数|ターゲット|教師あり"
)
DRIVERS = re.compile(
    r"\b(?:drivers?|factors?|features? (?:matter|drive|affect|influence)\w*|"
    r"what (?:\w+ )?(?:drives?|affects?|influences?|determines?|impacts?|explains?))\b|"
    r"要因|決め手|効いて|何が[^。]*影響"
)
RELATION = re.compile(
    r"\b(?:relat\w*|correlat\w*(?: coefficients?)?|associat\w*|connect\w*|depend\w*|affects?|influences?|impacts?|"
    r"effect|links?|linked|"
    r"differs?|independent)\b|関係|関連|相関|影響|連関|依存|独立|差がある|差はある|違いがある|違いはある|有意差"
)
DIFFERENCE = re.compile(r"\b(?:differen(?:ce|ces|t)|versus|vs)\b|違い|差")
OVERVIEW = re.compile(
    r"\b(?:overview|summar\w*|describe|description|profile|explore|what (?:data|tables|columns)|which (?:tables|"
    r"columns)|schema|"
    r"structure|show me the data|look like)\b|概要|一覧|概観|要約|俯瞰|構造|どんな(?:データ|テーブル|列|カラム|表)|"
    r"どのような(?:データ|テーブル|列|表)|内容を(?:教え|見せ|確認)|全体像|について教えて|データを説明"
)
DISTRIBUTION = re.compile(
    r"\b(?:distribution|distributed|breakdown|broken down|histogram|composition)\b|分布|内訳|構成比?|ヒストグラム"
)

STATISTICS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("distinct", r"\b(?:distinct|unique)\b|ユニーク|異なり|重複を除|種類数|何種類"),
        ("median", r"\bmedians?\b|中央値"),
        ("deviation", r"\bstandard deviations?\b|\bstd(?: ?dev)?\b|標準偏差"),
        ("average", r"\b(?:averages?|mean|avg|averaged)\b|平均"),
        (
            "share",
            r"\b(?:shares?|percentages?|percent|proportions?|rates?|ratios?|fractions?)\b|割合|構成比|比率|シェア|率",
        ),
        (
            "count",
            r"\b(?:how many|number of|count(?:s|ed)?|how often|(?:most|least) (?:often|frequent(?:ly)?|common(?:ly)?|"
            r"popular)|busiest|quietest|frequency)\b|件数|何件|人数|何人|個数|回数|何回|いくつ|頻度|人気|数",
        ),
        ("total", r"\b(?:totals?|sums?|overall|how much)\b|合計|総額|総計|総|いくら"),
        ("maximum", r"\b(?:maximum|max|latest|peak)\b|最大値?|最高値?"),
        ("minimum", r"\b(?:minimum|min|earliest)\b|最小値?|最低値?"),
    )
)
EXTREME = re.compile(
    r"\b(?:most|highest|largest|biggest|best|greatest|top|leading|busiest|longest|oldest|fewest|lowest|smallest|"
    r"least|worst|bottom|"
    r"shortest|youngest|cheapest|quietest|rank\w*)\b|"
    r"最も|一番|最多|最大|最高|最少|最小|最低|多い|少ない|高い|低い|上位|下位|トップ|ベスト|ワースト|ランキング"
)
OFTEN = re.compile(
    r"\b(?:(?:most|more|least|less) (?:often|frequently|likely)|how often|how likely|likel(?:y|ihood)|probability)\b|"
    r"しやすい|確率|頻度"
)
CONTRAST = re.compile(r"\b(?:compar\w+|versus|vs|difference)\b|比較|比べ|違い")
NEGATION = re.compile(r"\b(?:not|no|non|never|none|without|except|excluding|exclude|other than|[a-z]+n't)\b")
NEGATION_JAPANESE = re.compile(r"以外|除[いくき]|ではない|でない|(?:し|い|され)(?:てい)?ない|なし|せず|非")
ASCENDING = re.compile(
    r"\b(?:fewest|lowest|smallest|least|worst|bottom|shortest|youngest|cheapest|quietest|ascending)\b|最少|最小|最低|"
    r"少ない|低い|下位|ワースト|昇順"
)
_NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NUMBER = rf"(\d+|{'|'.join(_NUMBER_WORDS)})"
TOP = re.compile(
    rf"\b(?:top|first|best|highest|largest|biggest|bottom|worst|lowest|smallest|last) {NUMBER}\b|"
    rf"\b{NUMBER} (?:most|highest|largest|biggest|best|fewest|lowest|smallest|least)\b|"
    rf"(?:上位|トップ|ベスト|下位|ワースト) ?{NUMBER} ?(?:位|件|個|名|人|社|つ)?|"
    rf"\b(?:which|what|the) {NUMBER} (?=[^.]{{1,40}}\b(?:have|has|had|with)\b)|"
    rf"\b{NUMBER} (?=[^.]{{1,40}}\b(?:with|having) the (?:most|highest|largest|fewest|lowest))"
)

_EACH = r"(?:by|per|each|every|and|which|what|busiest|quietest|best|worst)"
GRAINS = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("weekday", r"\b(?:weekdays?|days? of (?:the )?week)\b|曜日"),
        ("hour", rf"\b(?:hours? of (?:the )?day|hourly|{_EACH} hour)\b|時間帯|時間別|時刻別|時間ごと|何時"),
        ("day", rf"\b(?:daily|{_EACH} (?:day|date)|day by day)\b|日別|日ごと|日次|日毎|毎日|い日"),
        ("week", rf"\b(?:weekly|{_EACH} week|week by week)\b|週別|週ごと|週次|週毎|毎週"),
        ("month", rf"\b(?:monthly|{_EACH} month|months|month by month)\b|月別|月ごと|月次|月毎|毎月|各月|何月|い月"),
        ("quarter", rf"\b(?:quarterly|{_EACH} quarter|quarters)\b|四半期"),
        ("year", rf"\b(?:yearly|annual(?:ly)?|{_EACH} year|years|year by year)\b|年別|年ごと|年次|年毎|毎年|各年|い年"),
    )
)
TREND = re.compile(
    r"\b(?:over time|trends?|develop\w*|evol\w*|time series|timeline|history)\b|推移|時系列|変化|傾向|トレンド"
)

BY_BEFORE = re.compile(
    r"(?:\b(?:by|per|each|every|across|among|which|what|within|top|best|leading)|各|どの|"
    r"(?:高|低|多|少な|長|短|大き|小さ)い)(?: (?:the|their|its|different))?[ '\"「『`]*$"
)
MOST_BEFORE = re.compile(
    r"\b(?:(?:the )?(?:most|fewest|least|highest|lowest|largest|smallest|longest|shortest|number of)) ['\"`]*$"
)
GROUPS_FOLLOW = re.compile(r"^ ?(?:by|per|of each|for each|in each)\b")
WITH_MOST = re.compile(
    r"^ (?:with|having|(?:who|that|which) (?:have|has|had)) (?:the )?"
    r"(?:most|highest|lowest|fewest|largest|smallest|longest|shortest|least|best|worst)\b"
)
COUNT_AFTER = re.compile(
    r"^[ '\"」』`]*(?:(?:counts?|volume)\b|"
    r"の?(?:件数|人数|個数|回数|数)|[がの](?:最も|一番)?(?:多|少な)い)"
)
COUNT_BEFORE = re.compile(
    r"\b(?:how many|number of|count of|count)(?: (?:the|all|different|distinct|unique))?(?: \ufffc+)? ['\"`]*$"
)
SORTED = re.compile(r"\b(?:sorted|ordered|ranked) by\b")
SORT_BEFORE = re.compile(r"\b(?:sort|sorted|order|ordered|rank|ranked|ranking) by (?:the )?['\"`]*$")
ALSO_BEFORE = re.compile(
    r"^[ '\"」』`]*(?:,|and|, and|&|x|と|、|・|および|及び|かつ|×|ごと、?)(?: (?:by|per|the|each))?[ '\"「『`]*$"
)
ALSO_COUNTED = re.compile("\ufffc数?(?:,? and |, |と|、)(?:the )?(?:number of )?$")
BY_AFTER = re.compile(
    r"^[ '\"」』`]*(?:(?:列|カラム)(?:の値)?)?(?:層?別|あたり|当たり|ごと|毎|每|単位|の内訳|ランキング|"
    r"(?:に|で)(?:分け|グループ|集計)|によって)"
)
NOT_BEFORE = re.compile(
    r"\b(?:not|non|except|excluding|exclude|without|other than)[ -](?:(?:for|from|in|via|by) )?['\"「`]*$"
)
NOT_AFTER = re.compile(r"^['\"」`]*(?:以外|を除|ではない|でない)")
TARGET_BEFORE = re.compile(
    r"(?:\b(?:predict\w*|target\w*|classif(?:y|ies)|label|estimat\w*|regress(?:ion)? (?:for|of|on))"
    r"(?: (?:is|as|the|column|variable|for|of|whether|if|a|an|be|=|:|each|will|value|values|user|customer|row|how|"
    r"much|many))*|"
    r"(?:ターゲット|目的変数|予測対象)(?:変数)?(?:は|を|:|として)?|\b(?:drivers?|factors?)\b.*?(?:of|for|behind|"
    r"affect\w*|influenc\w*|driv\w*))"
    r"[ :='\"「『`]*$"
)
TARGET_AFTER = re.compile(
    r"^[ '\"」』`]*(?:(?:列|カラム|変数)?(?:を|の|が|は)?(?:ターゲット|目的|予測|分類|推定|回帰)|(?: \w+)?(?: as "
    r"(?:the |a )?(?:target|label))|"
    r"(?: (?:is|being))? (?:the )?target|(?:に|へ)(?:影響|効))"
)
LINEAR = re.compile(
    r"\b(?:logistic|ridge|linear)(?: regression)?\b|ロジスティック(?:回帰)?|リッジ(?:回帰)?|線形(?:回帰)?"
)
REGRESSION = re.compile(r"(?<!logistic )\bregress\w*\b|(?<!ロジスティック)回帰")
FEATURES = re.compile(r"\b(?:from|using|based on|with|on)\b|から|を使って|をもとに|に基づ")
CORRELATION = re.compile(r"correl|相関")
AMOUNT = re.compile(
    r"amount|sales|revenue|quantity|qty|cost|volume|total|turnover|count|payment|profit|spend|fee|trips|cases|deaths|"
    r"damage|"
    r"金額|売上|売り上げ|数量|費用|利益|件数|合計"
)

# Whatever of them a question has played its part.
KEYWORDS = (
    TOP, PREDICTION, DRIVERS, RELATION, DIFFERENCE, OVERVIEW, DISTRIBUTION, OFTEN, EXTREME, CONTRAST, TREND, SORTED,
    LINEAR, REGRESSION,
)  # fmt: skip

# What questions call the columns of English schemas.
GLOSSARY: dict[str, str] = {
    "ユーザー": "user", "ユーザ": "user", "会員": "member", "顧客": "customer", "商品": "product item",
    "製品": "product", "注文": "order", "購入": "purchase", "購買": "purchase", "売上": "sales revenue amount 金額",
    "価格": "price", "単価": "price", "返品": "return", "年代": "age", "年齢層": "age", "男女": "gender sex",
    "診療科": "department",
    "医師": "doctor", "血圧": "pressure", "喫煙": "smoker",
    "金額": "amount", "数量": "quantity", "費用": "cost", "店舗": "store", "年齢": "age", "性別": "gender sex",
    "国": "country", "地域": "region", "都市": "city", "部門": "department", "部署": "department", "給与": "salary",
    "評価": "rating", "種類": "type", "タイプ": "type",
    "カテゴリ": "category", "カテゴリー": "category", "患者": "patient",
    "気温": "temperature", "温度": "temperature", "湿度": "humidity", "気圧": "pressure",
    "インタラクション": "interaction",
    "行動": "interaction", "支払": "payment", "状態": "status", "日付": "date", "アイテム": "item",
    "revenue": "amount sales", "sales": "amount revenue", "spent": "amount", "spend": "amount", "buy": "purchase",
    "buys": "purchase", "bought": "purchase", "buyers": "purchase",
}  # fmt: skip

_FUNCTION_WORDS = """
a all an and any are as at be by do for from i if in is it its me my no not of off on one or per so the to up us
vs we
"""
_ORDINARY_WORDS = """
about above accuracy after also am among analyse analysis analyze ask available based been being best between both
broken build built calculate can chart column columns compute could create data
database dataset descending determine did does down draw during each evaluate every
everything exist feature features field fields figure find following get give given good graph group groupby
grouped groups had has have having held hello help here how info information into just know least let like
list look made make many mean more most much must name named names need number numbers often
only order
our out over overall own perform place placed please plot possible present quick rank record recorded
records report respect result results row rows same score see separately set show shown significant significantly
since sold some sort sorted split statistically statistics summary table tables target tell test than that their them
then there these they thing this those through time times two under until use used using value values variable
variables very want was well were what when where whether which while who whole whose will with within would
you your
"""
# Too common to be taken for the name of a column, even where a column has that name.
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
HARMLESS = (FUNCTION_WORDS | frozenset(_ORDINARY_WORDS.split())) - {"no", "not"}
HARMLESS_JAPANESE = re.compile(
    r"データ|テーブル|カラム|グラフ|チャート|表|列|値|変数|使用|利用|作成|集計|分析|計算|教|知|見|出|示|表示|比較|調|"
    r"確認|"
    r"求|一|各|間|中|内|全体|全|結果|方|順|期間|年|月|日|時|毎|別|人|件|個|位|名|割合|行|件|何|最|多|少|高|低|大|小|"
    r"数|対|"
    r"説明|可視化|描|必要|合|分|構築|学習|精度|検証|評価|推定|特徴量|持|含|場合|以外|除|上|下|以|未満|超|グループ|"
    r"統計的|有意|率"
)


def number(word: str) -> int:
    """A count written in digits or as an English word up to ten."""
    return int(word) if word.isdigit() else _NUMBER_WORDS.index(word) + 1
