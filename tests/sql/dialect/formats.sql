# "TO_CHAR function"; "Datetime format strings"

to_char(timestamp '2009-12-31 23:15:59', 'MONTH-DY-DD-YYYY HH12:MIPM') --> "DECEMBER -THU-31-2009 11:15PM"
to_char(timestamp '2009-12-31 23:15:59', 'DDD') --> "365"
to_char(timestamp '2022-05-16 23:15:59', 'ID') --> "1"
to_char(date '2009-12-31', 'MONTH') --> "DECEMBER "
to_char(date '2024-03-05', 'FMMonth FMDD') --> "March 5"
to_char(date '2024-03-05', 'YYYY-MM') --> "2024-03"
to_char(date '2024-08-15', 'YYYY"年"MM"月" Q') --> "2024年08月 3"
to_char(date '2024-03-03', 'D Dy WW W IW') --> "1 Sun 09 1 09"
to_char(timestamp '2024-03-05 07:08:09', 'YYYY-MM-DD"T"HH24:MI:SS') --> "2024-03-05T07:08:09"
to_char(timestamp '2024-01-05 13:04:05', 'HH:MI:SS AM') --> "01:04:05 PM"
to_char(timestamp '2024-01-05 00:04:05', 'HH12:MI am') --> "12:04 am"
to_char(date '2024-01-05', 'Day') --> "Friday   "
to_char(date '2024-01-05', 'day') --> "friday   "
to_char(date '2024-01-05', 'Mon DD, YYYY') --> "Jan 05, 2024"
to_char(date '2024-12-30', 'IYYY-IW') --> "2025-01"
to_char(date '2024-01-05', 'YYYY-"Q"Q') --> "2024-Q1"
to_char(date '2024-01-05', 'YY/MM/DD') --> "24/01/05"
to_char(timestamp '2024-01-05 13:04:05.678', 'HH24:MI:SS.MS') --> "13:04:05.678"
to_char(date '2024-01-05', 'YYYYMMDD') --> "20240105"

# "TO_DATE function", "TO_TIMESTAMP function"

to_date('02 Oct 2001', 'DD Mon YYYY') --> "2001-10-02"
to_date('20240229', 'YYYYMMDD') --> "2024-02-29"
to_timestamp('2011-12-18 23:38:15', 'YYYY-MM-DD HH24:MI:SS') --> "2011-12-18T23:38:15+00:00"
to_date('2024-01-05', 'YYYY-MM-DD') --> "2024-01-05"
to_date('5 Jan 2024', 'DD Mon YYYY') --> "2024-01-05"
to_date('01/05/24', 'MM/DD/YY') --> "2024-01-05"
to_date('20240105', 'YYYYMMDD') --> "2024-01-05"
to_timestamp('2024-01-05 13:04', 'YYYY-MM-DD HH24:MI') --> "2024-01-05T13:04:00+00:00"

# "TO_DATE function", "TO_TIMESTAMP function": names of months, halves of the day, fractions of a second

to_timestamp('2024-01-05 10:00:00.5', 'YYYY-MM-DD HH24:MI:SS.MS') --> "2024-01-05T10:00:00.500000+00:00"
to_timestamp('2024-01-05 10:00:00.12', 'YYYY-MM-DD HH24:MI:SS.US') --> "2024-01-05T10:00:00.120000+00:00"
to_timestamp('05/01/2024 03:04 PM', 'DD/MM/YYYY HH12:MI AM') --> "2024-01-05T15:04:00+00:00"
to_date('05-JAN-2024', 'DD-MON-YYYY') --> "2024-01-05"
to_date('January 5, 2024', 'Month DD, YYYY') --> "2024-01-05"
to_date('70-01-01', 'YY-MM-DD') --> "1970-01-01"
to_date('2024010512', 'YYYYMMDDHH24') --> "2024-01-05"
to_date(null, 'YYYY-MM-DD') --> null

# "TO_CHAR function": parts of the year, centuries, Julian days, nulls

to_char(timestamp '2024-01-05 13:04:05', 'FMHH12:MI PM') --> "1:04 PM"
to_char(date '2024-01-05', 'Y YY YYY YYYY') --> "4 24 024 2024"
to_char(date '2024-01-05', 'mon MON Mon') --> "jan JAN Jan"
to_char(date '2024-01-05', 'CC J') --> "21 2460315"
to_char(date '2000-01-05', 'CC') --> "20"
to_char(null::date, 'YYYY') --> null
to_char(timestamptz '2024-01-05 10:00:00+09', 'YYYY-MM-DD HH24:MI') --> "2024-01-05 01:00"
