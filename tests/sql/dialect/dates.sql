# "GETDATE function", "SYSDATE function", "CURRENT_DATE function"

getdate() --> "2026-11-21T10:30:15"
sysdate --> "2026-11-21T10:30:15.123456"
current_date --> "2026-11-21"
current_date - 7 --> "2026-11-14"
current_date - interval '7 days' --> "2026-11-14T00:00:00"

# "DATEADD function", "ADD_MONTHS function"

add_months('2008-03-31', 1) --> "2008-04-30T00:00:00"
add_months('2008-04-30', 1) --> "2008-05-31T00:00:00"
add_months('2024-01-31', 1) --> "2024-02-29T00:00:00"
add_months('2008-01-15', -1) --> "2007-12-15T00:00:00"
dateadd(month, 18, '2008-02-28') --> "2009-08-28T00:00:00"
dateadd(month, 1, '2024-01-31') --> "2024-02-29T00:00:00"
dateadd(m, 30, '2008-02-28') --> "2008-02-28T00:30:00"
dateadd(qtr, 1, '2024-01-01') --> "2024-04-01T00:00:00"
dateadd(week, -1, date '2024-01-08') --> "2024-01-01T00:00:00"
dateadd(hour, 8, time '13:24:55') --> "21:24:55"
dateadd(day, -1, '2024-03-01') --> "2024-02-29T00:00:00"
dateadd(year, 1, '2024-02-29') --> "2025-02-28T00:00:00"
dateadd(month, -1, '2024-03-31') --> "2024-02-29T00:00:00"
dateadd(month, 1, '2024-02-29') --> "2024-03-29T00:00:00"
dateadd(second, 90, '2024-01-01') --> "2024-01-01T00:01:30"
dateadd(day, 1, timestamp '2024-01-01 10:00:00') --> "2024-01-02T10:00:00"
dateadd(day, 1, getdate())::date --> "2026-11-22"
dateadd('month', 1, date '2024-01-15') --> "2024-02-15T00:00:00"
add_months('2024-02-29', 12) --> "2025-02-28T00:00:00"
add_months('2023-02-28', 12) --> "2024-02-29T00:00:00"

# "DATEDIFF function", "MONTHS_BETWEEN function", "DATE_CMP function"

datediff(week, '2009-01-01', '2009-12-31') --> 52
datediff(week, '2021-01-03', '2021-01-04') --> 1
datediff(hour, '2023-01-01', '2023-01-03 05:04:03') --> 53
datediff(day, '2009-01-01', '2009-03-23') --> 81
datediff(qtr, '1998-07-01', date '2008-06-05') --> 39
datediff(year, '2023-12-31', '2024-01-01') --> 1
datediff(month, '2024-01-31', '2024-02-01') --> 1
months_between('1969-01-18', '1969-03-18') --> -2.0
months_between('2014-09-30', '2014-08-31') --> 1.0
round(months_between('2008-12-25 15:00:00', '2008-01-21 19:30:00'), 2) --> 11.12
datediff(day, '2024-01-01 23:59:59', '2024-01-02 00:00:00') --> 1
datediff(hour, '2024-01-01 00:59:59', '2024-01-01 01:00:00') --> 1
datediff(minute, '2024-01-01 00:00:59', '2024-01-01 00:01:00') --> 1
datediff(second, '2024-01-01 00:00:00.9', '2024-01-01 00:00:01') --> 1
datediff(month, '2024-03-31', '2024-02-29') --> -1
datediff(year, '2024-12-31', '2023-01-01') --> -1
datediff(quarter, '2024-03-31', '2024-04-01') --> 1
datediff(week, '2024-01-07', '2024-01-08') --> 1
datediff(week, '2024-01-06', '2024-01-07') --> 0
datediff(day, null, '2024-01-01') --> null
datediff(second, '2024-01-01', '2024-01-02') --> 86400
datediff(millisecond, '2024-01-01 00:00:00', '2024-01-01 00:00:01.5') --> 1500
datediff('day', '2024-01-01', '2024-02-01') --> 31
months_between('2024-03-31', '2024-02-29') --> 1.0
date_cmp('2024-01-01', '2024-01-02') --> -1

# "DATE_TRUNC function", "LAST_DAY function", "NEXT_DAY function", "TRUNC function"

trunc(sysdate) --> "2026-11-21"
date_trunc('week', timestamp '20220430 04:05:06.789') --> "2022-04-25T00:00:00"
date_trunc('quarter', timestamp '20200430 04:05:06.789') --> "2020-04-01T00:00:00"
date_trunc('month', date '2024-02-29') --> "2024-02-01T00:00:00"
last_day('2024-02-10') --> "2024-02-29"
next_day('2014-08-20', 'Tuesday') --> "2014-08-26"
next_day('2014-08-26', 'tue') --> "2014-09-02"
date_trunc('day', timestamp '2024-01-05 10:11:12') --> "2024-01-05T00:00:00"
date_trunc('hour', timestamp '2024-01-05 10:11:12') --> "2024-01-05T10:00:00"
date_trunc('year', date '2024-05-05') --> "2024-01-01T00:00:00"
date_trunc('week', date '2024-01-07') --> "2024-01-01T00:00:00"
date_trunc('week', date '2024-01-08') --> "2024-01-08T00:00:00"
last_day(timestamp '2024-02-10 10:00:00') --> "2024-02-29"
next_day(date '2024-01-05', 'Fri') --> "2024-01-12"
trunc(timestamp '2024-01-05 10:11:12') --> "2024-01-05"

# "DATE_PART function", "EXTRACT function"; "Date parts for date or timestamp functions"

date_part(minute, timestamp '20230104 04:05:06.789') --> 5.0
date_part(week, timestamp '20220502 04:05:06.789') --> 18.0
date_part(dayofweek, timestamp '20220502 04:05:06.789') --> 1.0
date_part(sec, timestamp '2009-09-21 11:10:03.189717') --> 3.189717
extract(sec from timestamp '2009-09-21 11:10:03.189717') --> 3
extract(ms from timestamp '2009-09-09 12:08:43.101') --> 101
extract(minute from timestamp '2009-09-09 12:08:43') --> 8
extract(epoch from timestamp '1970-01-02 00:00:00') --> 86400
extract(century from timestamp '2000-12-16 12:21:13') --> 20
extract(decade from timestamp '1999-02-16 20:38:40') --> 200
extract(decade from timestamp '2010-02-16 20:38:40') --> 202
extract(dow from date '2024-03-03') --> 0
extract(doy from date '2024-12-31') --> 366
date_part(year, date '2024-05-05') --> 2024.0
date_part(epoch, timestamp '1970-01-01 00:01:00.5') --> 60.5
date_part(week, date '2021-01-03') --> 53.0
date_part(week, date '2024-12-30') --> 1.0
date_part(quarter, date '2024-05-05') --> 2.0
date_part(doy, date '2024-03-01') --> 61.0
date_part('month', timestamp '2024-05-05') --> 5.0
extract(week from date '2021-01-03') --> 53
extract(year from date '2021-01-03') --> 2021
extract(epoch from timestamp '2024-01-01 00:00:00') --> 1704067200
extract(quarter from timestamp '2024-01-01') --> 1
extract(hour from time '13:24:55') --> 13
extract(us from timestamp '2009-09-21 11:10:03.189717') --> 189717
date_part_year(date '2024-01-01') --> 2024

# "CONVERT_TIMEZONE function", "AT TIME ZONE function"

convert_timezone('America/New_York', timestamp '2013-02-01 08:00:00') --> "2013-02-01T03:00:00"
convert_timezone('UTC', 'Asia/Tokyo', timestamp '2024-01-01 20:00:00') --> "2024-01-02T05:00:00"
timestamp '2001-02-16 20:38:40' at time zone 'EST5EDT' --> "2001-02-17T01:38:40+00:00"
convert_timezone('Asia/Tokyo', timestamp '2024-01-01 00:00:00') --> "2024-01-01T09:00:00"
convert_timezone('JST', timestamp '2024-01-01 00:00:00') --> "2024-01-01T09:00:00"
convert_timezone('US/Pacific', 'UTC', timestamp '2024-07-01 00:00:00') --> "2024-07-01T07:00:00"
convert_timezone('EST', 'UTC', timestamp '2024-07-01 00:00:00') --> "2024-07-01T05:00:00"
timestamp '2024-01-01 00:00:00' at time zone 'Asia/Tokyo' --> "2023-12-31T15:00:00+00:00"
timestamptz '2024-01-01 00:00:00+00' at time zone 'Asia/Tokyo' --> "2024-01-01T09:00:00"

# "Interval data types and literals"; "+ (Concatenation) operator" of dates

date '2024-03-01' - 1 --> "2024-02-29"
date '2024-03-01' - date '2024-02-01' --> 29
date '2024-01-31' + interval '1 month' --> "2024-02-29T00:00:00"
date '2024-01-31' + 1 --> "2024-02-01"
1 + date '2024-01-31' --> "2024-02-01"
date '2024-03-01' - interval '1 day' --> "2024-02-29T00:00:00"
timestamp '2024-03-31 12:00:00' - interval '1 month' --> "2024-02-29T12:00:00"
timestamp '2024-01-01' + interval '1 year 2 months' --> "2025-03-01T00:00:00"
timestamp '2024-01-01' + interval '2 hours 30 minutes' --> "2024-01-01T02:30:00"
timestamp '2024-01-01' + interval '1' day --> "2024-01-02T00:00:00"
timestamp '2024-01-01' + interval '52 weeks' --> "2024-12-30T00:00:00"
timestamp '2024-01-01' + 2 * interval '1 day' --> "2024-01-03T00:00:00"
timestamp '2024-01-01' + interval '1 quarter' --> "2024-04-01T00:00:00"
timestamp '2024-01-01' + interval '0.5 days' --> "2024-01-01T12:00:00"
timestamp 'epoch' + 1704067200 * interval '1 second' --> "2024-01-01T00:00:00"

# "DATEADD function": small parts; "DATEDIFF function": of times, of a TIMESTAMPTZ and a TIMESTAMP

dateadd(ms, 1500, timestamp '2024-01-01') --> "2024-01-01T00:00:01.500000"
dateadd(us, 1500, timestamp '2024-01-01') --> "2024-01-01T00:00:00.001500"
dateadd(month, '2', date '2024-01-01') --> "2024-03-01T00:00:00"
datediff(minute, time '10:00', time '11:30') --> 90
datediff(month, timestamptz '2024-01-31 23:00:00+00', timestamp '2024-02-01') --> 1
datediff(day, current_date, '2026-12-25') --> 34

# "MONTHS_BETWEEN function": the rest counts in months of 31 days, equal days in none

months_between('2024-02-29', '2024-01-30') --> 0.967741935483871
months_between('2024-03-15 12:00:00', '2024-02-15 00:00:00') --> 1.0

# "LAST_DAY function", "NEXT_DAY function"

last_day('2023-02-01') --> "2023-02-28"
next_day('2024-01-01', 'Mon') --> "2024-01-08"

# "DATE_TRUNC function": Sunday ends the week; a TIMESTAMPTZ remains one

date_trunc('week', timestamp '2024-01-07 10:00') --> "2024-01-01T00:00:00"
date_trunc('month', timestamptz '2024-01-31 23:00:00-05') --> "2024-02-01T00:00:00+00:00"
date_trunc('minute', timestamp '2024-01-01 10:11:59.9') --> "2024-01-01T10:11:00"
date_trunc('mon', date '2024-02-29') --> "2024-02-01T00:00:00"

# "EXTRACT function", "DATE_PART function": of a TIMESTAMPTZ a DOUBLE PRECISION; fractions in DATE_PART only

extract(epoch from timestamptz '2024-01-01 09:00:00+09') --> 1704067200.0
extract(hour from timestamptz '2024-01-01 09:00:00+00') / 2 --> 4.5
extract(epoch from date '2024-01-01') --> 1704067200
extract(second from timestamp '2024-01-01 00:00:59.999') --> 59
extract(weekday from date '2024-01-06') --> 6
extract(millennium from date '2001-01-01') --> 3
date_part(dow, date '2024-01-07') --> 0.0
date_part(epoch, timestamp '2024-01-01 00:00:00.25') --> 1704067200.25
date_part(ms, timestamp '2024-01-01 00:00:01.25') --> 250.0

# "Date parts for date or timestamp functions": of the time between two

extract(epoch from timestamp '2024-01-02 10:00:00' - timestamp '2024-01-01 00:00:00') --> 122400
extract(day from timestamp '2024-01-02 10:00:00' - timestamp '2024-01-01 00:00:00') --> 1
extract(hour from timestamp '2024-01-02 10:00:00' - timestamp '2024-01-01 00:00:00') --> 10
extract(month from interval '14 months') --> 2
timestamp '2024-01-02' - timestamp '2024-01-01' > interval '23 hours' --> true

# "Interval data types and literals": abbreviations, seconds without a name, fractions, arithmetic

timestamp '2024-01-01' + interval '90' --> "2024-01-01T00:01:30"
timestamp '2024-01-01' + interval '1 m' --> "2024-01-01T00:01:00"
timestamp '2024-01-01' + interval '1 mon' --> "2024-02-01T00:00:00"
timestamp '2024-01-01' + interval '3 hr' --> "2024-01-01T03:00:00"
timestamp '2024-01-01' + interval '2 yrs, 3 mons' --> "2026-04-01T00:00:00"
timestamp '2024-01-01' + interval '1 day 02:30:00' --> "2024-01-02T02:30:00"
timestamp '2024-01-01' + interval '90' minute --> "2024-01-01T01:30:00"
timestamp '2024-01-01' + interval '1.5 months' --> "2024-02-16T00:00:00"
timestamp '2024-01-01' - interval '1 month 1 day' --> "2023-11-30T00:00:00"
timestamp '2024-01-01' + 1.5 * interval '1 day' --> "2024-01-02T12:00:00"
timestamp '2024-01-01' + interval '1 day' / 2 --> "2024-01-01T12:00:00"
date '2024-01-01' + interval '36 hours' --> "2024-01-02T12:00:00"
date '2024-01-01' + time '10:00:00' --> "2024-01-01T10:00:00"

# "CONVERT_TIMEZONE function", "AT TIME ZONE function": names in any case, summer time by the name of a place

convert_timezone('UTC', 'asia/tokyo', timestamp '2024-07-01 00:00:00') --> "2024-07-01T09:00:00"
convert_timezone('UTC', 'PST8PDT', timestamp '2024-07-01 00:00:00') --> "2024-06-30T17:00:00"
convert_timezone('UTC', 'Etc/GMT+5', timestamp '2024-07-01 00:00:00') --> "2024-06-30T19:00:00"
convert_timezone('Asia/Tokyo', '2024-01-01 00:00:00') --> "2024-01-01T09:00:00"
convert_timezone('Asia/Tokyo', date '2024-01-01') --> "2024-01-01T09:00:00"
convert_timezone('Asia/Tokyo', timestamptz '2024-01-01 00:00:00+00') --> "2024-01-01T09:00:00"
timestamptz '2024-01-01 00:00:00+09' at time zone 'UTC' --> "2023-12-31T15:00:00"
timestamptz '2024-01-01 00:00:00+09'::date --> "2023-12-31"
'2024-01-01 00:00:00 Asia/Tokyo'::timestamptz --> "2023-12-31T15:00:00+00:00"
