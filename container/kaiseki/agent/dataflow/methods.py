"""What calls of libraries change. A method that stands in none of these sets may change its receiver."""

PURE = frozenset(
    # pandas and numpy
    "abs agg aggregate all any apply applymap argmax argmin argsort asfreq asof assign astype at_time between "
    "bfill clip combine combine_first compare corr corrwith count cov crosstab cummax cummin cumprod cumsum cut "
    "describe diff div divide dot drop drop_duplicates dropna duplicated eq equals eval ewm expanding explode "
    "ffill fillna filter first_valid_index floordiv ge get_group groupby gt head idxmax idxmin infer_objects "
    "interpolate isin isna isnull iterrows itertuples join kurt last_valid_index le lt map mask max mean median "
    "melt memory_usage merge merge_asof min mod mode mul ndim ne nlargest notna notnull nsmallest nunique "
    "pct_change pipe pivot pivot_table pow prod product qcut quantile query rank reindex rename rename_axis "
    "replace resample reset_index reshape rolling round sample searchsorted sem set_axis set_index shift size "
    "skew sort_index sort_values squeeze stack std strftime sub subtract sum swapaxes tail take to_csv to_dict "
    "to_frame to_list to_numpy to_period to_records to_string to_timestamp tolist total_seconds transform "
    "transpose tz_convert tz_localize unique unstack value_counts var where xs isocalendar normalize "
    # text
    "capitalize casefold center contains decode encode endswith extract extractall find findall format format_map "
    "fullmatch get_dummies index isalnum isalpha isdigit islower isnumeric isspace istitle isupper len ljust "
    "lower lstrip match pad partition removeprefix removesuffix rfind rindex rjust rpartition rsplit rstrip slice "
    "slice_replace split splitlines startswith strip swapcase title translate upper zfill "
    # sets, numbers, dates
    "difference intersection isdisjoint issubset issuperset symmetric_difference union date isoformat timestamp "
    # fitted estimators and random generators
    "predict predict_proba predict_log_proba decision_function score get_feature_names_out get_params cdf pdf ppf "
    "sf choice integers normal uniform permutation random standard_normal binomial poisson".split()
)
VIEWS = frozenset(
    "copy get items keys values pop popitem popleft setdefault iter __getitem__ view ravel flatten".split()
)
CHANGES_FIRST_ARGUMENT = frozenset(
    "append extend insert update add setdefault setattr __setitem__ heappush heappushpop heapreplace insort "
    "insort_left insort_right copyto put place putmask fill_diagonal shuffle at".split()
)
PASSES_ELEMENTS_ON = frozenset(
    "list tuple set frozenset dict sorted reversed enumerate zip iter next filter max min deque chain product".split()
)
# What reads names by means that are not followed.
READS_EVERYTHING = frozenset({"eval", "exec", "globals", "locals", "vars"})
DRAWS_ON_CURRENT_FIGURE = frozenset({"plot", "hist", "boxplot"})
KIT = ("load", "fact", "setting", "table", "chart", "model", "leakage")
