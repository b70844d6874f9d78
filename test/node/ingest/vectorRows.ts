/**
 * What an import finds in each sample of a real format: `path | connector | segment=records from…to`, segments without records left
 * out, a day for its midnight in UTC, or the code of the error. Compared by hand with the samples' README.
 */
export const vectorRows: readonly string[] = `
bank/camt | camt | accounts=3 | transactions=10 2007-10-18…2014-12-31 | balances=20 2014-12-30…2025-07-23
bank/camt/camt052.v1.xml | camt | accounts=1 | transactions=1 2007-10-18…2007-10-18
bank/camt/camt052.v2.other-account.xml | camt | accounts=1 | transactions=1 2007-10-18…2007-10-18
bank/camt/camt052.v2.with-account-name.xml | camt | accounts=1 | transactions=1
bank/camt/camt052.v2.xml | camt | accounts=1 | transactions=1 2007-10-18…2007-10-18
bank/camt/camt052.v4.xml | camt | accounts=1 | transactions=1 2007-10-18…2007-10-18 | balances=1 2016-06-14…2016-06-14
bank/camt/camt052.v6.Amt-zero.xml | camt | accounts=1 | transactions=1 2007-10-18…2007-10-18 | balances=1 2020-04-04…2020-04-04
bank/camt/camt052.v6.xml | camt | accounts=1 | transactions=1 2007-10-18…2007-10-18 | balances=1 2020-04-04…2020-04-04
bank/camt/camt052.v8.xml | camt | accounts=1 | transactions=1 2007-10-18…2007-10-18
bank/camt/camt053.v2.all-balance-types.xml | camt | accounts=1 | transactions=1 2014-12-31…2014-12-31 | balances=10 2015-01-21…2015-01-28
bank/camt/camt053.v2.five.decimals.xml | camt | accounts=1 | transactions=1 2014-12-31…2014-12-31 | balances=2 2014-12-30…2014-12-31
bank/camt/camt053.v2.minimal.ultimate.xml | camt | accounts=1 | transactions=1 2014-12-31…2014-12-31 | balances=4 2014-12-30…2014-12-31
bank/camt/camt053.v2.minimal.xml | camt | accounts=1 | transactions=1 2014-12-31…2014-12-31 | balances=4 2014-12-30…2014-12-31
bank/camt/camt053.v2.with-account-name.xml | camt | accounts=1 | transactions=1 2014-12-31…2014-12-31 | balances=1 2014-12-31…2014-12-31
bank/camt/camt053.v2.with-party-ids.xml | camt | accounts=1 | transactions=1 2014-12-31…2014-12-31 | balances=4 2014-12-30…2014-12-31
bank/camt/camt053.v2.wrong.xml | EXPORT_INVALID
bank/camt/camt053.v3.xml | camt | accounts=1 | transactions=1 2014-12-31…2014-12-31 | balances=4 2014-12-30…2014-12-31
bank/camt/camt054.v2.with-account-name.xml | camt | accounts=1 | transactions=1
bank/camt/camt054.v2.xml | camt | accounts=1 | transactions=1 2007-10-18…2007-10-18
bank/camt/camt054.v4.xml | camt | accounts=1 | transactions=1 2007-10-18…2007-10-18
bank/camt/camt054.v8-with-UETR.xml | camt | accounts=1 | transactions=1
bank/camt/camt054.v8-with-financial-institution.xml | camt | accounts=1 | transactions=1
bank/camt/camt53.only-Dt-with-DtTm.xml | camt | accounts=1 | balances=1 2025-07-23…2025-07-23
bank/camt/expected/camt053.v2.five.decimals.json | json | records=1
bank/camt/expected/camt053.v2.minimal.json | json | records=1
bank/csv | bank-csv | accounts=13 | transactions=59 2015-02-08…2025-04-11
bank/csv/amazon.csv | bank-csv | accounts=1 | transactions=6 2022-10-11…2025-04-11
bank/csv/capitalone.csv | bank-csv | accounts=1 | transactions=2 2015-12-31…2015-12-31
bank/csv/creditunion.csv | bank-csv | transactions=8 2015-02-08…2015-03-25
bank/csv/default.csv | bank-csv | accounts=2 | transactions=8 2015-02-08…2015-03-25
bank/csv/expected/gls.ofx | ofx | accounts=1 | transactions=1 2017-10-10…2017-10-10
bank/csv/expected/ingesp.ofx | ofx | accounts=1 | transactions=10 2022-03-24…2022-12-31
bank/csv/expected/n26.ofx | ofx | accounts=1 | transactions=2 2020-03-07…2020-03-07
bank/csv/expected/payoneer.ofx | ofx | accounts=1 | transactions=2 2021-05-03…2021-05-03 | balances=1 2021-05-03…2021-05-03
bank/csv/gls.csv | bank-csv | accounts=1 | transactions=1 2017-10-10…2017-10-10
bank/csv/ingesp.csv | bank-csv | accounts=1 | transactions=10 2022-03-24…2022-12-31
bank/csv/mint.csv | bank-csv | accounts=2 | transactions=4 2015-06-12…2015-06-14
bank/csv/mint_headerless.csv | bank-csv | accounts=2 | transactions=4 2015-06-12…2015-06-14
bank/csv/n26-fr.csv | bank-csv | accounts=1 | transactions=2 2020-03-07…2020-03-07
bank/csv/payoneer.csv | bank-csv | accounts=1 | transactions=2 2021-05-03…2021-05-03
bank/csv/pcmastercard.csv | bank-csv | accounts=2 | transactions=2 2018-12-15…2019-01-10
bank/csv/schwab-checking-baltest-case1.csv | bank-csv | accounts=1 | transactions=4 2022-08-04…2022-08-17
bank/csv/schwab-checking-baltest-case7.csv | bank-csv | accounts=1 | transactions=2 2022-08-17…2022-08-17
bank/csv/schwab-checking.csv | bank-csv | accounts=1 | transactions=4 2022-08-04…2022-08-17
bank/csv/stripe-default.csv | bank-csv | accounts=1 | transactions=5 2021-02-02…2021-03-16
bank/mt940 | mt940 | accounts=35 | transactions=141 2002-03-17…2019-10-25 | balances=113 2002-03-15…2018-04-20
bank/mt940/betterplace/amount_formats.sta | mt940 | balances=5 2010-03-18…2010-03-18
bank/mt940/betterplace/currency_in_25.sta | mt940 | accounts=1
bank/mt940/betterplace/empty_86.sta | mt940
bank/mt940/betterplace/empty_entry_date.sta | mt940 | transactions=1 2011-07-01…2011-07-01
bank/mt940/betterplace/empty_line.sta | mt940
bank/mt940/betterplace/missing_crlf_at_end.sta | mt940 | balances=1 2010-03-23…2010-03-23
bank/mt940/betterplace/sepa_mt9401.sta | mt940 | accounts=20 | transactions=97 2007-09-04…2007-09-07 | balances=72 2007-08-22…2007-09-04
bank/mt940/betterplace/sepa_snippet.sta | mt940 | accounts=2 | transactions=11 2007-09-04…2007-09-07 | balances=6 2007-09-03…2007-09-04
bank/mt940/betterplace/with_binary_character.sta | mt940 | accounts=2 | transactions=4 2010-03-19…2010-03-22 | balances=4 2010-03-18…2010-03-19
bank/mt940/cmxl/account_balance_credit.sta | mt940 | balances=1 2014-08-29…2014-08-29
bank/mt940/cmxl/account_balance_debit.sta | mt940 | balances=1 2014-08-29…2014-08-29
bank/mt940/cmxl/account_identification_iban.sta | mt940 | accounts=1
bank/mt940/cmxl/account_identification_legacy.sta | mt940 | accounts=1
bank/mt940/cmxl/available_balance.sta | mt940 | balances=1 2014-09-01…2014-09-01
bank/mt940/cmxl/closing_balance.sta | mt940 | balances=1 2014-09-01…2014-09-01
bank/mt940/cmxl/reference.sta | mt940
bank/mt940/cmxl/statement_details.sta | mt940 | transactions=1 2014-09-01…2014-09-01
bank/mt940/cmxl/statement_line.sta | mt940 | transactions=1 2014-09-01…2014-09-01
bank/mt940/cmxl/statement_number.sta | mt940
bank/mt940/mBank/mt940.sta | mt940 | accounts=1 | transactions=3 2017-01-19…2017-01-19 | balances=3 2017-01-19…2017-01-19
bank/mt940/mBank/mt942.sta | mt940 | accounts=1 | transactions=3 2017-01-19…2017-01-19
bank/mt940/mBank/with_newline_in_tnr.sta | mt940 | accounts=1 | transactions=2 2017-02-01…2017-02-01 | balances=3 2017-02-01…2017-02-01
bank/mt940/sberbank/171011_01234945.sta | mt940 | accounts=1 | transactions=3 2017-10-11…2017-10-11 | balances=3 2017-10-11…2017-10-11
bank/mt940/self-provided/account_identification.sta | mt940 | accounts=2
bank/mt940/self-provided/details_60-63.sta | mt940 | accounts=1 | transactions=1 2017-09-14…2017-09-14 | balances=2 2017-09-14…2017-09-14
bank/mt940/self-provided/empty_non_swift.sta | mt940
bank/mt940/self-provided/february_30.sta | mt940 | accounts=1 | transactions=1 2016-03-01…2016-03-01 | balances=2 2016-02-29…2016-03-01
bank/mt940/self-provided/gv_codes.sta | mt940 | accounts=1 | transactions=2 2017-09-14…2019-10-25 | balances=1 2017-09-14…2017-09-14
bank/mt940/self-provided/invalid_statement.sta | EXPORT_INVALID
bank/mt940/self-provided/long_statement_number.sta | mt940 | accounts=1 | balances=2 2018-04-10…2018-04-10
bank/mt940/self-provided/malformed_details.sta | mt940 | accounts=1 | transactions=1 2017-09-14…2017-09-14 | balances=2 2017-09-14…2017-09-14
bank/mt940/self-provided/mt942.sta | mt940 | accounts=1 | transactions=1 2016-10-30…2016-10-30
bank/mt940/self-provided/overly_long_details.sta | mt940 | accounts=1 | transactions=1 2017-09-14…2017-09-14 | balances=2 2017-09-14…2017-09-14
bank/mt940/self-provided/raiffeisen-cmi.sta | mt940 | accounts=1 | transactions=7 2018-04-17…2018-04-17 | balances=6 2018-04-17…2018-04-20
bank/mt940/self-provided/raphaelm.sta | mt940 | accounts=2 | transactions=9 2002-03-17…2002-03-24 | balances=6 2002-03-15…2002-03-24
bank/mt940/self-provided/sparkassen.sta | mt940 | transactions=1 2018-11-26…2018-11-26
bank/mt940/self-provided/transaction_details_wrapped.sta | mt940 | accounts=1 | transactions=1 2016-03-01…2016-03-01 | balances=2 2016-02-29…2016-03-01
bank/mt940/self-provided/whitespace.sta | mt940 | accounts=1 | transactions=1 2017-09-14…2017-09-14 | balances=2 2017-09-14…2017-09-14
bank/mt940/self-provided/wrapped_timestamp.sta | mt940 | accounts=1 | transactions=1 2016-03-01…2016-03-01 | balances=2 2016-02-29…2016-03-01
bank/ofx | ofx | accounts=15 | transactions=18 2009-04-01…2018-05-07 | balances=9 2009-05-23…2017-05-10
bank/ofx/account_listing_aggregation.ofx | ofx | accounts=4
bank/ofx/anzcc.ofx | ofx | accounts=1 | transactions=1 2017-05-08…2017-05-08 | balances=2 2017-05-10…2017-05-10
bank/ofx/bank_medium.ofx | ofx | accounts=1 | transactions=3 2009-04-01…2009-04-03 | balances=2 2009-05-23…2009-05-23
bank/ofx/bank_small.ofx | ofx
bank/ofx/checking.ofx | ofx | accounts=1 | transactions=3 2011-03-31…2011-04-07 | balances=2 2013-05-25…2013-05-25
bank/ofx/error_message.ofx | ofx
bank/ofx/fail_nice/date_missing.ofx | ofx | accounts=1 | transactions=3 | balances=1 2011-06-14…2011-06-14
bank/ofx/fail_nice/empty_balance.ofx | ofx | accounts=1 | transactions=1 2011-03-08…2011-03-08
bank/ofx/investment_401k.ofx | ofx | accounts=1 | transactions=3 2014-06-17…2014-06-30
bank/ofx/investment_medium.ofx | ofx | accounts=1 | transactions=3 2009-12-15…2009-12-15
bank/ofx/multiple_accounts.ofx | ofx | accounts=2 | balances=2 2012-06-03…2012-06-03
bank/ofx/multiple_accounts2.ofx | ofx | accounts=2 | balances=2 2012-06-03…2012-06-03
bank/ofx/ofx-v102-empty-tags.ofx | ofx | accounts=1 | transactions=1 2018-05-07…2018-05-07
bank/ofx/signon_fail.ofx | ofx
bank/ofx/signon_success.ofx | ofx
bank/ofx/signon_success_no_message.ofx | ofx
bank/ofx/td_ameritrade.ofx | ofx | accounts=1
bank/ofx/tiaacref.ofx | ofx | accounts=1 | transactions=1 2017-03-07…2017-03-07
bank/qif | qif | accounts=7 | transactions=32 1993-08-25…2021-03-16
bank/qif/creditunion.qif | qif | accounts=1 | transactions=8 2015-02-08…2015-03-25
bank/qif/default.qif | qif | accounts=2 | transactions=8 2015-02-08…2015-03-25
bank/qif/investment_example.qif | qif | accounts=1 | transactions=2 1993-08-25…1993-08-25
bank/qif/mint.qif | qif | accounts=2 | transactions=4 2015-06-12…2015-06-14
bank/qif/mint_extra.qif | qif | accounts=2 | transactions=3 2015-06-12…2015-06-13
bank/qif/stripe-default.qif | qif | accounts=1 | transactions=5 2021-02-02…2021-03-16
bank/qif/xero.qif | qif | accounts=3 | transactions=5 2015-01-23…2015-02-14
calendar/icalendar | icalendar | events=120 1996-12-30T02:00:00Z…2025-10-28T09:22:39Z | tasks=4
calendar/icalendar/alarm_etar_future.ics | icalendar | events=1 2024-10-05T12:00:00Z…2024-10-05T12:00:00Z
calendar/icalendar/alarm_etar_notification.ics | icalendar | events=1 2024-10-05T12:00:00Z…2024-10-05T12:00:00Z
calendar/icalendar/alarm_google_future.ics | icalendar | events=1 2024-10-04T18:15:00Z…2024-10-04T18:15:00Z
calendar/icalendar/alarm_thunderbird_2_notification_5_min_postponed.ics | icalendar | events=1 2024-10-23T18:00:00Z…2024-10-23T18:00:00Z
calendar/icalendar/alarm_thunderbird_2_notification_5_min_postponed_and_closed.ics | icalendar | events=1 2024-10-23T18:00:00Z…2024-10-23T18:00:00Z
calendar/icalendar/alarm_thunderbird_2_notification_5_min_postponed_and_popped_up.ics | icalendar | events=1 2024-10-23T18:00:00Z…2024-10-23T18:00:00Z
calendar/icalendar/alarm_thunderbird_2_notification_popped_up.ics | icalendar | events=1 2024-10-23T18:00:00Z…2024-10-23T18:00:00Z
calendar/icalendar/alarm_thunderbird_future.ics | icalendar | events=1 2024-10-23T14:00:00Z…2024-10-23T14:00:00Z
calendar/icalendar/alarm_thunderbird_snoozed_until_1457.ics | icalendar | events=1 2024-10-23T14:00:00Z…2024-10-23T14:00:00Z
calendar/icalendar/big_bad_calendar.ics | icalendar | events=20
calendar/icalendar/broken_dtstart.ics | icalendar | events=1
calendar/icalendar/broken_ical.ics | icalendar | events=1 2014-04-09T09:30:00Z…2014-04-09T09:30:00Z
calendar/icalendar/calendar_with_unicode.ics | icalendar
calendar/icalendar/created_calendar_with_unicode_fields.ics | icalendar | events=3 2010-10-10…2010-10-10T10:00:00Z
calendar/icalendar/empty_RDATE.ics | icalendar
calendar/icalendar/example.ics | icalendar | events=3 2022-01-01…2022-03-08
calendar/icalendar/fuzz_testcase_0_char_in_component_name.ics | EXPORT_INVALID
calendar/icalendar/invalid_duration.ics | icalendar | events=1 2024-01-01…2024-01-01
calendar/icalendar/issue_1050_all_components.ics | icalendar | events=1 2025-01-15T15:00:00Z…2025-01-15T15:00:00Z | tasks=1
calendar/icalendar/issue_1050_calendar_with_events_and_todos.ics | icalendar | events=2 2025-01-15T15:00:00Z…2025-01-16T15:00:00Z | tasks=1
calendar/icalendar/issue_1050_empty_calendar.ics | icalendar
calendar/icalendar/issue_1050_forward_timezone_reference.ics | icalendar | events=1 2025-01-15T09:00:00Z…2025-01-15T09:00:00Z
calendar/icalendar/issue_1050_multiple_calendars.ics | icalendar | events=2
calendar/icalendar/issue_1050_simple_calendar.ics | icalendar | events=1 2025-01-01T10:00:00Z…2025-01-01T10:00:00Z
calendar/icalendar/issue_1050_timezone_only_calendar.ics | icalendar
calendar/icalendar/issue_1081_event_with_rrule.ics | icalendar | events=1 2025-01-01T10:00:00Z…2025-01-01T10:00:00Z
calendar/icalendar/issue_1081_invalid_rrule_freq.ics | icalendar | events=1 2025-01-01T10:00:00Z…2025-01-01T10:00:00Z
calendar/icalendar/issue_1081_invalid_start_and_end.ics | icalendar | events=1
calendar/icalendar/issue_1081_invalid_start_valid_end.ics | icalendar | events=1
calendar/icalendar/issue_1081_list_of_properties.ics | icalendar | events=1 2025-01-01T10:00:00Z…2025-01-01T10:00:00Z
calendar/icalendar/issue_1081_tzid_param.ics | icalendar | events=1 2025-01-01T15:00:00Z…2025-01-01T15:00:00Z
calendar/icalendar/issue_1081_with_summary.ics | icalendar | events=1
calendar/icalendar/issue_1238.ics | icalendar
calendar/icalendar/issue_127_categories_with_commas.ics | icalendar | events=1 2014-02-04T14:00:00Z…2014-02-04T14:00:00Z
calendar/icalendar/issue_1426.ics | icalendar | events=1 1996-12-30T02:00:00Z…1996-12-30T02:00:00Z
calendar/icalendar/issue_1426_value_parameters.ics | icalendar | events=1 1997-01-01…1997-01-01
calendar/icalendar/issue_1549_binary_attachment.ics | icalendar | events=1
calendar/icalendar/issue_1561_image_value.ics | icalendar | events=4
calendar/icalendar/issue_156_RDATE_with_PERIOD_TZID_khal.ics | icalendar | events=1 2018-03-27T13:00:00Z…2018-03-27T13:00:00Z
calendar/icalendar/issue_156_RDATE_with_PERIOD_TZID_khal_2.ics | icalendar | events=1 2021-11-01T15:00:00Z…2021-11-01T15:00:00Z
calendar/icalendar/issue_1633_freebusy_with_dates.ics | icalendar
calendar/icalendar/issue_1633_rdate_with_dates.ics | icalendar | events=1 1997-01-01T18:00:00Z…1997-01-01T18:00:00Z
calendar/icalendar/issue_1633_rdate_with_dates_and_tzid.ics | icalendar | events=1 1997-01-01T23:00:00Z…1997-01-01T23:00:00Z
calendar/icalendar/issue_168_expected_output.ics | icalendar | events=1 2015-09-05T09:00:00Z…2015-09-05T09:00:00Z
calendar/icalendar/issue_168_input.ics | icalendar | events=1 2015-09-05T09:00:00Z…2015-09-05T09:00:00Z
calendar/icalendar/issue_178_component_with_invalid_name_represented.ics | icalendar
calendar/icalendar/issue_178_custom_component_contains_other.ics | icalendar | events=1 2015-01-22…2015-01-22
calendar/icalendar/issue_178_custom_component_inside_other.ics | icalendar
calendar/icalendar/issue_218_bad_tzid.ics | icalendar | events=1 2017-02-28T12:00:00Z…2017-02-28T12:00:00Z
calendar/icalendar/issue_237_fail_to_parse_timezone_with_non_ascii_tzid.ics | icalendar | events=1 2017-05-11T16:30:00Z…2017-05-11T16:30:00Z
calendar/icalendar/issue_27_multiple_periods_in_freebusy_multiple_freebusies.ics | icalendar
calendar/icalendar/issue_27_multiple_periods_in_freebusy_one_freebusy.ics | icalendar
calendar/icalendar/issue_313_globally_unique_tzid.ics | icalendar | events=3 2020-04-26T12:00:00Z…2020-04-26T18:00:00Z
calendar/icalendar/issue_321_assert_dst_offset_is_not_false.ics | icalendar | events=1 2020-04-03T08:20:00Z…2020-04-03T08:20:00Z
calendar/icalendar/issue_322_expected_calendar.ics | icalendar | events=1
calendar/icalendar/issue_348_exception_parsing_value.ics | icalendar | events=1 2019-06-24T06:30:00Z…2019-06-24T06:30:00Z
calendar/icalendar/issue_350.ics | icalendar | events=1 2022-02-22T18:30:00Z…2022-02-22T18:30:00Z
calendar/icalendar/issue_466_respect_unique_timezone.ics | icalendar | events=1 2022-10-21T18:00:00Z…2022-10-21T18:00:00Z
calendar/icalendar/issue_526_calendar_with_different_events.ics | icalendar | events=2 2021-11-01T16:00:00Z…2021-11-01T16:40:00Z
calendar/icalendar/issue_526_calendar_with_event_subset.ics | icalendar | events=1 2021-11-01T16:00:00Z…2021-11-01T16:00:00Z
calendar/icalendar/issue_526_calendar_with_events.ics | icalendar | events=2 2021-11-01T16:00:00Z…2021-11-01T16:40:00Z
calendar/icalendar/issue_526_calendar_with_shuffeled_events.ics | icalendar | events=2 2021-11-01T16:00:00Z…2021-11-01T16:40:00Z
calendar/icalendar/issue_722_missing_VTIMEZONE_custom.ics | icalendar | events=1 2014-08-29T08:00:00Z…2014-08-29T08:00:00Z
calendar/icalendar/issue_722_timezone_transition_ambiguity.ics | icalendar | events=4 2024-03-02T20:00:00Z…2024-08-02T22:00:00Z
calendar/icalendar/issue_82_expected_output.ics | icalendar
calendar/icalendar/issue_836_do_not_quote_tzid.ics | icalendar | events=1 2024-10-28T21:00:00Z…2024-10-28T21:00:00Z
calendar/icalendar/multiple_calendar_components.ics | icalendar | events=3 2003-05-01…2003-12-25
calendar/icalendar/multiple_timezones.ics | icalendar | events=3 2021-03-02…2021-03-02T05:00:00Z
calendar/icalendar/pacific_fiji.ics | icalendar | events=1 2014-08-28T20:00:00Z…2014-08-28T20:00:00Z
calendar/icalendar/parsing_error.ics | icalendar | events=2 2008-03-03…2008-03-03
calendar/icalendar/period_with_timezone.ics | icalendar | events=1 2023-09-20T19:00:00Z…2023-09-20T19:00:00Z
calendar/icalendar/rfc_5545_RDATE_example.ics | icalendar | events=6
calendar/icalendar/rfc_7256_multi_value_parameters.ics | icalendar | events=2
calendar/icalendar/rfc_7529.ics | icalendar | events=4 2012-02-29…2014-02-08
calendar/icalendar/rfc_7986_conferences.ics | icalendar | events=1
calendar/icalendar/rfc_7986_image.ics | icalendar | events=2 | tasks=2
calendar/icalendar/rfc_9253_examples.ics | icalendar | events=2 2025-10-28T09:22:39Z…2025-10-28T09:22:39Z
calendar/icalendar/rfc_9253_gap.ics | icalendar | events=2
calendar/icalendar/rfc_9253_related_to.ics | icalendar | events=1
calendar/icalendar/timezone_rdate.ics | icalendar | events=1 2012-02-13T09:00:00Z…2012-02-13T09:00:00Z
calendar/icalendar/timezone_same_start.ics | icalendar | events=1 2017-02-24T20:00:00Z…2017-02-24T20:00:00Z
calendar/icalendar/timezone_same_start_and_offset.ics | icalendar | events=1 2017-02-24T03:00:00Z…2017-02-24T03:00:00Z
calendar/icalendar/timezoned.ics | icalendar | events=1 2012-02-13T09:00:00Z…2012-02-13T09:00:00Z
calendar/icalendar/x_location.ics | icalendar | events=1 2016-10-28T12:00:00Z…2016-10-28T12:00:00Z
chat/chat-miner/instagram/target.json | json | records=2
chat/chat-miner/instagram/test_export.json | instagram | messages=2 2019-12-24T11:23:00Z…2020-01-17T20:49:00Z
chat/chat-miner/signal/target.json | json | records=2
chat/chat-miner/signal/test_export.txt | signal | messages=2 2019-12-24T12:23:00Z…2020-01-17T21:49:00Z | participants=2
chat/chat-miner/telegram/target.json | json | records=2
chat/chat-miner/telegram/test_batch_export.json | telegram | messages=2 2018-12-05T10:39:10Z…2018-12-05T10:49:24Z | participants=2
chat/chat-miner/telegram/test_single_export.json | telegram | messages=2 2018-12-05T10:39:10Z…2018-12-05T10:49:24Z | participants=2
chat/chat-miner/whatsapp | whatsapp | messages=24 2019-01-01T11:25:00Z…2021-12-30T22:01:00Z | participants=20
chat/chat-miner/whatsapp/target.json | json | records=6
chat/chat-miner/whatsapp/test_[mmddyy]_24hrs.txt | whatsapp | messages=6 2019-01-01T11:25:00Z…2021-12-30T22:01:00Z | participants=5
chat/chat-miner/whatsapp/test_ddmmyy_24hrs.txt | whatsapp | messages=6 2019-01-01T11:25:00Z…2021-12-30T22:01:00Z | participants=5
chat/chat-miner/whatsapp/test_mmddyy_24hrs.txt | whatsapp | messages=6 2019-01-01T11:25:00Z…2021-12-30T22:01:00Z | participants=5
chat/chat-miner/whatsapp/test_mmddyyyy_12hrs.txt | whatsapp | messages=6 2019-01-01T11:25:00Z…2021-12-30T22:01:00Z | participants=5
contacts/ez-vcard | vcard | contacts=21 2012-03-05T13:32:54Z…2012-08-01T18:46:31Z
contacts/ez-vcard/John_Doe_ANDROID.vcf | vcard | contacts=6
contacts/ez-vcard/John_Doe_BLACK_BERRY.vcf | vcard | contacts=1
contacts/ez-vcard/John_Doe_EVOLUTION.vcf | vcard | contacts=1 2012-03-05T13:32:54Z…2012-03-05T13:32:54Z
contacts/ez-vcard/John_Doe_GMAIL.vcf | vcard | contacts=1
contacts/ez-vcard/John_Doe_IPHONE.vcf | vcard | contacts=1
contacts/ez-vcard/John_Doe_LOTUS_NOTES.vcf | vcard | contacts=1
contacts/ez-vcard/fullcontact.vcf | vcard | contacts=1
contacts/ez-vcard/gmail-list.vcf | vcard | contacts=3
contacts/ez-vcard/gmail-single.vcf | vcard | contacts=1
contacts/ez-vcard/outlook-2007.vcf | vcard | contacts=1 2012-08-01T18:46:31Z…2012-08-01T18:46:31Z
contacts/ez-vcard/rfc2426-example.vcf | vcard | contacts=2
contacts/ez-vcard/rfc6350-example.vcf | vcard | contacts=1
contacts/ez-vcard/thunderbird-MoreFunctionsForAddressBook-extension.vcf | vcard | contacts=1
contacts/ez-vcard/vcard-samples-license.txt | file | file=1
discord/synthetic | discord | messages=2 2026-01-05T12:00:00Z…2026-01-05T12:01:00Z | participants=2
discord/synthetic/package | discord | messages=2 2026-01-05T12:00:00Z…2026-01-05T12:01:00Z | participants=2
discord/synthetic/package/Messages/c1234567890123456789/channel.json | json | records=1
discord/synthetic/package/Messages/c1234567890123456789/messages.json | discord | messages=2 2026-01-05T12:00:00Z…2026-01-05T12:01:00Z
discord/synthetic/package/Messages/index.json | json | records=1
email/logbook/takeout.mbox | mbox | headers=6 2026-03-02T10:15:00Z…2026-03-04T11:00:00Z | bodies=6 2026-03-02T10:15:00Z…2026-03-04T11:00:00Z | attachments=2 2026-03-03T08:45:00Z…2026-03-03T08:45:00Z
email/mailparser | eml | headers=3 2021-02-16T00:57:06Z…2021-02-16T00:57:06Z | bodies=3 2021-02-16T00:57:06Z…2021-02-16T00:57:06Z | attachments=2 2021-02-16T00:57:06Z…2021-02-16T00:57:06Z
email/mailparser/base64encodedroot.eml | eml | headers=1 | bodies=1 | attachments=1
email/mailparser/delivery-status.eml | eml | headers=1 2021-02-16T00:57:06Z…2021-02-16T00:57:06Z | bodies=1 2021-02-16T00:57:06Z…2021-02-16T00:57:06Z | attachments=1 2021-02-16T00:57:06Z…2021-02-16T00:57:06Z
email/mailparser/mixed.eml | eml | headers=1 | bodies=1
email/mimekit | mbox | headers=6 2025-09-26T17:18:40Z…2025-09-26T17:19:54Z | bodies=6 2025-09-26T17:18:40Z…2025-09-26T17:19:54Z | attachments=1 2025-09-26T17:19:25Z…2025-09-26T17:19:25Z
email/mimekit/delivery-status-multiple-blank-lines.eml | eml | headers=1 | bodies=1
email/mimekit/delivery-status-no-blank-line.eml | eml | headers=1 1996-07-29T09:13:08Z…1996-07-29T09:13:08Z | bodies=1 1996-07-29T09:13:08Z…1996-07-29T09:13:08Z | attachments=1 1996-07-29T09:13:08Z…1996-07-29T09:13:08Z
email/mimekit/feedback-report.eml | eml | headers=1 2005-03-08T21:40:36Z…2005-03-08T21:40:36Z | bodies=1 2005-03-08T21:40:36Z…2005-03-08T21:40:36Z | attachments=1 2005-03-08T21:40:36Z…2005-03-08T21:40:36Z
email/mimekit/issue1130.eml | eml | headers=1 2025-01-09T15:26:14Z…2025-01-09T15:26:14Z | bodies=1 2025-01-09T15:26:14Z…2025-01-09T15:26:14Z
email/mimekit/issue1189-summary.txt | mbox | headers=4 2025-09-26T17:18:40Z…2025-09-26T17:19:54Z | bodies=4 2025-09-26T17:18:40Z…2025-09-26T17:19:54Z
email/mimekit/issue1189.mbox | mbox | headers=4 2025-09-26T17:18:40Z…2025-09-26T17:19:54Z | bodies=4 2025-09-26T17:18:40Z…2025-09-26T17:19:54Z | attachments=1 2025-09-26T17:19:25Z…2025-09-26T17:19:25Z
email/mimekit/issue358.eml | eml | headers=1 2017-11-15T14:16:14Z…2017-11-15T14:16:14Z | bodies=1 2017-11-15T14:16:14Z…2017-11-15T14:16:14Z
email/mimekit/japanese.eml | eml | headers=1 2015-07-21T16:02:29Z…2015-07-21T16:02:29Z | bodies=1 2015-07-21T16:02:29Z…2015-07-21T16:02:29Z
email/mimekit/missing-subtype.eml | eml | headers=1 2015-12-29T13:06:17Z…2015-12-29T13:06:17Z | bodies=1 2015-12-29T13:06:17Z…2015-12-29T13:06:17Z | attachments=1 2015-12-29T13:06:17Z…2015-12-29T13:06:17Z
email/mimekit/multipart-digest.eml | eml | headers=1 2007-03-24T21:00:00Z…2007-03-24T21:00:00Z | bodies=1 2007-03-24T21:00:00Z…2007-03-24T21:00:00Z | attachments=1 2007-03-24T21:00:00Z…2007-03-24T21:00:00Z
email/mimekit/rfc2060.eml | eml | headers=1 | bodies=1 | attachments=4
email/mimekit/simple-embedded-message.eml | eml | headers=1 2013-11-12T14:12:42Z…2013-11-12T14:12:42Z | bodies=1 2013-11-12T14:12:42Z…2013-11-12T14:12:42Z | attachments=1 2013-11-12T14:12:42Z…2013-11-12T14:12:42Z
email/mimekit/stack-overflow.eml | eml | headers=1 2017-11-03T20:00:00Z…2017-11-03T20:00:00Z | bodies=1 2017-11-03T20:00:00Z…2017-11-03T20:00:00Z
email/mimekit/tnef-ukr.eml | eml | headers=1 2017-11-13T08:01:13Z…2017-11-13T08:01:13Z | bodies=1 2017-11-13T08:01:13Z…2017-11-13T08:01:13Z | attachments=1 2017-11-13T08:01:13Z…2017-11-13T08:01:13Z
email/mimekit/unmunged.mbox | mbox | headers=2 | bodies=2
facebook/synthetic | facebook | posts=2 2017-07-14T02:40:00Z…2020-09-13T12:26:40Z | messages=3 2019-12-24T11:21:40Z…2019-12-24T11:24:00Z
facebook/synthetic/your_facebook_activity/messages/inbox/aseostby_123/message_1.json | facebook | messages=3 2019-12-24T11:21:40Z…2019-12-24T11:24:00Z
facebook/synthetic/your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json | facebook | posts=2 2017-07-14T02:40:00Z…2020-09-13T12:26:40Z
google-takeout/exportube/watch-history.json | google-youtube | watches=4 2024-01-15T03:14:21.123Z…2024-03-02T11:00:00Z
google-takeout/logbook | google-location | points=6 2026-03-01T07:30:00.123Z…2026-03-01T09:40:00Z
google-takeout/logbook/Chrome/History.json | google-chrome | browsing=5 2026-02-11T08:00:00Z…2026-03-04T09:01:40Z
google-takeout/logbook/Records.json | google-location | points=6 2026-03-01T07:30:00.123Z…2026-03-01T09:40:00Z
google-takeout/synthetic | google-youtube | watches=7 2019-12-31T22:00:00Z…2025-02-01T23:59:59Z
google-takeout/synthetic/Chrome/BrowserHistory.json | google-chrome | browsing=1 2023-11-14T22:13:20.123Z…2023-11-14T22:13:20.123Z
google-takeout/synthetic/YouTube and YouTube Music/history/watch-history.html | google-youtube | watches=2 2019-12-31T22:00:00Z…2025-02-01T10:00:00Z
google-takeout/synthetic/YouTube and YouTube Music/history/watch-history.json | google-youtube | watches=5 2019-12-31T23:00:00Z…2025-02-01T23:59:59Z
health/apple-health/apple_health_export | apple-health | samples=2 2016-04-18T15:25:32Z…2018-09-10T09:28:55Z | workouts=1 2016-11-14T14:25:41Z…2016-11-14T14:25:41Z | tracks=3 2019-06-11T22:00:42Z…2019-06-11T22:00:43Z
health/apple-health/apple_health_export/export.xml | apple-health | samples=2 2016-04-18T15:25:32Z…2018-09-10T09:28:55Z | workouts=1 2016-11-14T14:25:41Z…2016-11-14T14:25:41Z
health/apple-health/apple_health_export/workout-routes/route_2019-06-11_3.00pm.gpx | gpx | tracks=3 2019-06-11T22:00:42Z…2019-06-11T22:00:43Z
health/apple-health/export.xml | apple-health | samples=2 2016-04-18T15:25:32Z…2018-09-10T09:28:55Z | workouts=1 2016-11-14T14:25:41Z…2016-11-14T14:25:41Z | tracks=2 2016-11-14T14:25:44Z…2016-11-14T14:25:44Z
health/fit | fit | samples=337 2014-12-27T13:43:00Z…2014-12-28T06:00:00Z | workouts=3 1990-07-18T06:44:24Z…2017-06-11T14:32:51Z | tracks=788 1990-07-18T06:44:29Z…2017-06-11T14:33:37Z
health/fit/Activity.fit | fit | workouts=1 2012-04-09T21:22:26Z…2012-04-09T21:22:26Z | tracks=14 2012-04-09T21:22:26Z…2012-04-09T21:22:39Z
health/fit/DeveloperData.fit | fit | tracks=3
health/fit/MonitoringFile.fit | fit | samples=337 2014-12-27T13:43:00Z…2014-12-28T06:00:00Z
health/fit/Settings.fit | fit
health/fit/activity-filecrc.fit | fit | workouts=1 2012-04-09T21:22:26Z…2012-04-09T21:22:26Z | tracks=14 2012-04-09T21:22:26Z…2012-04-09T21:22:39Z
health/fit/activity-settings-corruptheader.fit | fit | workouts=1 2012-04-09T21:22:26Z…2012-04-09T21:22:26Z | tracks=14 2012-04-09T21:22:26Z…2012-04-09T21:22:39Z
health/fit/activity-settings-nodata.fit | fit | workouts=1 2012-04-09T21:22:26Z…2012-04-09T21:22:26Z | tracks=14 2012-04-09T21:22:26Z…2012-04-09T21:22:39Z
health/fit/compressed-speed-distance.fit | fit | workouts=1 1990-07-18T06:44:24Z…1990-07-18T06:44:24Z | tracks=754 1990-07-18T06:44:29Z…1990-07-18T07:49:04Z
health/fit/expected/compressed-speed-distance-records.csv | csv | records=754
health/fit/garmin-fenix-5-walk.fit | fit | workouts=1 2017-06-11T14:32:51Z…2017-06-11T14:32:51Z | tracks=17 2017-06-11T14:32:51Z…2017-06-11T14:33:37Z
health/tcx/synthetic/walk.tcx | tcx | workouts=1 2026-06-08T04:40:12Z…2026-06-08T04:40:12Z | tracks=2 2026-06-08T04:40:12Z…2026-06-08T04:41:12Z
instagram/synthetic | instagram | posts=2 2020-09-13T12:26:40Z…2020-10-02T00:53:21Z
instagram/synthetic/connections/followers_and_following/followers_1.json | json | records=1
instagram/synthetic/connections/followers_and_following/following.json | json | records=1
instagram/synthetic/your_instagram_activity/media/posts_1.json | instagram | posts=2 2020-09-13T12:26:40Z…2020-10-02T00:53:21Z
linkedin/labeldekho/Connections.csv | linkedin | connections=10 2023-01-15…2024-03-25
linkedin/synthetic/Connections.csv | linkedin | connections=3 2018-11-14…2024-01-05
netflix/synthetic | netflix | views=6 2023-12-25…2024-03-14T20:12:03Z
netflix/synthetic/NetflixViewingHistory.csv | netflix | views=3 2023-12-25…2024-03-14
netflix/synthetic/ViewingActivity.csv | netflix | views=3 2024-03-10T01:00:00Z…2024-03-14T20:12:03Z
reddit/synthetic | reddit | posts=2 2022-02-02T02:02:02Z…2024-04-16T08:00:00Z | comments=2 2021-01-01…2024-04-16T09:08:07Z
reddit/synthetic/comments.csv | reddit | comments=2 2021-01-01…2024-04-16T09:08:07Z
reddit/synthetic/posts.csv | reddit | posts=2 2022-02-02T02:02:02Z…2024-04-16T08:00:00Z
reddit/synthetic/saved_posts.csv | csv | records=1
slack/synthetic | slack | messages=3 2024-01-15T10:00:00Z…2024-01-15T10:03:20Z | participants=2
slack/synthetic/channels.json | slack | participants=2
slack/synthetic/general/2024-01-15.json | slack | messages=3 2024-01-15T10:00:00Z…2024-01-15T10:03:20Z
slack/synthetic/users.json | slack | participants=2
spotify/synthetic/StreamingHistory_music_0.json | spotify | listens=3 2024-12-31T23:59:00Z…2025-01-01T00:03:00Z
twitter/dogsheep-twitter-to-sqlite | x-archive | account=1 2006-11-15T13:18:50Z…2006-11-15T13:18:50Z | followers=2 | following=2
twitter/dogsheep-twitter-to-sqlite/account-suspension.js | file | file=1
twitter/dogsheep-twitter-to-sqlite/account.js | x-archive | account=1 2006-11-15T13:18:50Z…2006-11-15T13:18:50Z
twitter/dogsheep-twitter-to-sqlite/app.js | file | file=1
twitter/dogsheep-twitter-to-sqlite/follower.js | x-archive | followers=2
twitter/dogsheep-twitter-to-sqlite/following.js | x-archive | following=2
twitter/dogsheep-twitter-to-sqlite/saved-search.js | file | file=1
twitter/synthetic | x-archive | account=1 2009-04-01T10:20:30Z…2009-04-01T10:20:30Z | posts=4 2010-03-21T04:40:00Z…2023-06-01T12:30:00Z | likes=2 | messages=2 2023-06-02T08:00:00.123Z…2023-06-02T08:02:00Z | notes=1 2023-06-01T12:31:00Z…2023-06-01T12:31:00Z | followers=1
twitter/synthetic/data/account.js | x-archive | account=1 2009-04-01T10:20:30Z…2009-04-01T10:20:30Z
twitter/synthetic/data/direct-messages.js | x-archive | messages=2 2023-06-02T08:00:00.123Z…2023-06-02T08:02:00Z
twitter/synthetic/data/follower.js | x-archive | followers=1
twitter/synthetic/data/following.js | x-archive
twitter/synthetic/data/like.js | x-archive | likes=2
twitter/synthetic/data/manifest.js | file | file=1
twitter/synthetic/data/note-tweet.js | x-archive | notes=1 2023-06-01T12:31:00Z…2023-06-01T12:31:00Z
twitter/synthetic/data/profile.js | file | file=1
twitter/synthetic/data/tweets-part1.js | x-archive | posts=1 2010-03-21T04:40:00Z…2010-03-21T04:40:00Z
twitter/synthetic/data/tweets.js | x-archive | posts=3 2022-10-12T08:00:59Z…2023-06-01T12:30:00Z
`
  .trim()
  .split("\n");
