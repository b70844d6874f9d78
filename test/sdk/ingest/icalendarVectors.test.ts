import { expect } from "chai";
import { readTables } from "./readTables.ts";
import { withSample } from "./samples.ts";

/** Events and tasks of each sample. The last ones are those that ical.js refuses. */
const counts: Readonly<Record<string, readonly [number, number]>> = {
  "alarm_etar_future.ics": [1, 0],
  "alarm_etar_notification.ics": [1, 0],
  "alarm_google_future.ics": [1, 0],
  "alarm_thunderbird_2_notification_5_min_postponed.ics": [1, 0],
  "alarm_thunderbird_2_notification_5_min_postponed_and_closed.ics": [1, 0],
  "alarm_thunderbird_2_notification_5_min_postponed_and_popped_up.ics": [1, 0],
  "alarm_thunderbird_2_notification_popped_up.ics": [1, 0],
  "alarm_thunderbird_future.ics": [1, 0],
  "alarm_thunderbird_snoozed_until_1457.ics": [1, 0],
  "broken_dtstart.ics": [1, 0],
  "broken_ical.ics": [1, 0],
  "calendar_with_unicode.ics": [0, 0],
  "created_calendar_with_unicode_fields.ics": [3, 0],
  "empty_RDATE.ics": [0, 0],
  "example.ics": [3, 0],
  "invalid_duration.ics": [1, 0],
  "issue_1050_all_components.ics": [1, 1],
  "issue_1050_calendar_with_events_and_todos.ics": [2, 1],
  "issue_1050_empty_calendar.ics": [0, 0],
  "issue_1050_forward_timezone_reference.ics": [1, 0],
  "issue_1050_multiple_calendars.ics": [2, 0],
  "issue_1050_simple_calendar.ics": [1, 0],
  "issue_1050_timezone_only_calendar.ics": [0, 0],
  "issue_1081_event_with_rrule.ics": [1, 0],
  "issue_1081_invalid_start_and_end.ics": [1, 0],
  "issue_1081_invalid_start_valid_end.ics": [1, 0],
  "issue_1081_list_of_properties.ics": [1, 0],
  "issue_1081_tzid_param.ics": [1, 0],
  "issue_1081_with_summary.ics": [1, 0],
  "issue_1238.ics": [0, 0],
  "issue_127_categories_with_commas.ics": [1, 0],
  "issue_1426.ics": [1, 0],
  "issue_1426_value_parameters.ics": [1, 0],
  "issue_1549_binary_attachment.ics": [1, 0],
  "issue_1561_image_value.ics": [4, 0],
  "issue_156_RDATE_with_PERIOD_TZID_khal.ics": [1, 0],
  "issue_156_RDATE_with_PERIOD_TZID_khal_2.ics": [1, 0],
  "issue_1633_freebusy_with_dates.ics": [0, 0],
  "issue_1633_rdate_with_dates.ics": [1, 0],
  "issue_1633_rdate_with_dates_and_tzid.ics": [1, 0],
  "issue_168_expected_output.ics": [1, 0],
  "issue_178_component_with_invalid_name_represented.ics": [0, 0],
  "issue_178_custom_component_contains_other.ics": [1, 0],
  "issue_178_custom_component_inside_other.ics": [0, 0],
  "issue_218_bad_tzid.ics": [1, 0],
  "issue_237_fail_to_parse_timezone_with_non_ascii_tzid.ics": [1, 0],
  "issue_27_multiple_periods_in_freebusy_multiple_freebusies.ics": [0, 0],
  "issue_27_multiple_periods_in_freebusy_one_freebusy.ics": [0, 0],
  "issue_313_globally_unique_tzid.ics": [3, 0],
  "issue_321_assert_dst_offset_is_not_false.ics": [1, 0],
  "issue_322_expected_calendar.ics": [1, 0],
  "issue_466_respect_unique_timezone.ics": [1, 0],
  "issue_526_calendar_with_different_events.ics": [2, 0],
  "issue_526_calendar_with_event_subset.ics": [1, 0],
  "issue_526_calendar_with_events.ics": [2, 0],
  "issue_526_calendar_with_shuffeled_events.ics": [2, 0],
  "issue_722_missing_VTIMEZONE_custom.ics": [1, 0],
  "issue_722_timezone_transition_ambiguity.ics": [4, 0],
  "issue_82_expected_output.ics": [0, 0],
  "issue_836_do_not_quote_tzid.ics": [1, 0],
  "multiple_timezones.ics": [3, 0],
  "pacific_fiji.ics": [1, 0],
  "parsing_error.ics": [2, 0],
  "period_with_timezone.ics": [1, 0],
  "rfc_5545_RDATE_example.ics": [6, 0],
  "rfc_7256_multi_value_parameters.ics": [2, 0],
  "rfc_7986_conferences.ics": [1, 0],
  "rfc_7986_image.ics": [2, 2],
  "rfc_9253_examples.ics": [2, 0],
  "rfc_9253_gap.ics": [2, 0],
  "rfc_9253_related_to.ics": [1, 0],
  "timezone_same_start.ics": [1, 0],
  "timezone_same_start_and_offset.ics": [1, 0],
  "timezoned.ics": [1, 0],
  "x_location.ics": [1, 0],
  "big_bad_calendar.ics": [20, 0],
  "issue_1081_invalid_rrule_freq.ics": [1, 0],
  "issue_168_input.ics": [1, 0],
  "issue_348_exception_parsing_value.ics": [1, 0],
  "issue_350.ics": [1, 0],
  "multiple_calendar_components.ics": [3, 0],
  "rfc_7529.ics": [4, 0],
  "timezone_rdate.ics": [1, 0],
};

/** Beginning of the first event (or the range), where a zone, a form or a repair decides it; in UTC. */
const starts: Readonly<Record<string, readonly [string | null, string | null]>> = {
  "alarm_etar_future.ics": ["2024-10-05T12:00:00.000Z", "2024-10-05T12:00:00.000Z"],
  "alarm_google_future.ics": ["2024-10-04T18:15:00.000Z", "2024-10-04T18:15:00.000Z"],
  "broken_dtstart.ics": [null, null],
  "broken_ical.ics": ["2014-04-09T09:30:00.000Z", "2014-04-09T09:30:00.000Z"],
  "created_calendar_with_unicode_fields.ics": ["2010-10-10T00:00:00.000Z", "2010-10-10T10:00:00.000Z"],
  "example.ics": ["2022-01-01T00:00:00.000Z", "2022-03-08T00:00:00.000Z"],
  "issue_1050_forward_timezone_reference.ics": ["2025-01-15T09:00:00.000Z", "2025-01-15T09:00:00.000Z"],
  "issue_218_bad_tzid.ics": ["2017-02-28T12:00:00.000Z", "2017-02-28T12:00:00.000Z"],
  "issue_237_fail_to_parse_timezone_with_non_ascii_tzid.ics": ["2017-05-11T16:30:00.000Z", "2017-05-11T16:30:00.000Z"],
  "issue_313_globally_unique_tzid.ics": ["2020-04-26T12:00:00.000Z", "2020-04-26T18:00:00.000Z"],
  "issue_321_assert_dst_offset_is_not_false.ics": ["2020-04-03T08:20:00.000Z", "2020-04-03T08:20:00.000Z"],
  "issue_348_exception_parsing_value.ics": ["2019-06-24T06:30:00.000Z", "2019-06-24T06:30:00.000Z"],
  "issue_350.ics": ["2022-02-22T18:30:00.000Z", "2022-02-22T18:30:00.000Z"],
  "issue_466_respect_unique_timezone.ics": ["2022-10-21T18:00:00.000Z", "2022-10-21T18:00:00.000Z"],
  "issue_722_timezone_transition_ambiguity.ics": ["2024-03-02T20:00:00.000Z", "2024-08-02T22:00:00.000Z"],
  "issue_836_do_not_quote_tzid.ics": ["2024-10-28T21:00:00.000Z", "2024-10-28T21:00:00.000Z"],
  "multiple_calendar_components.ics": ["2003-05-01T00:00:00.000Z", "2003-12-25T00:00:00.000Z"],
  "multiple_timezones.ics": ["2021-03-02T00:00:00.000Z", "2021-03-02T05:00:00.000Z"],
  "pacific_fiji.ics": ["2014-08-28T20:00:00.000Z", "2014-08-28T20:00:00.000Z"],
  "parsing_error.ics": ["2008-03-03T00:00:00.000Z", "2008-03-03T00:00:00.000Z"],
  "rfc_7529.ics": ["2012-02-29T00:00:00.000Z", "2014-02-08T00:00:00.000Z"],
  "timezone_rdate.ics": ["2012-02-13T09:00:00.000Z", "2012-02-13T09:00:00.000Z"],
  "timezone_same_start.ics": ["2017-02-24T20:00:00.000Z", "2017-02-24T20:00:00.000Z"],
  "timezone_same_start_and_offset.ics": ["2017-02-24T03:00:00.000Z", "2017-02-24T03:00:00.000Z"],
  "timezoned.ics": ["2012-02-13T09:00:00.000Z", "2012-02-13T09:00:00.000Z"],
  "x_location.ics": ["2016-10-28T12:00:00.000Z", "2016-10-28T12:00:00.000Z"],
};

const titles: Readonly<Record<string, string>> = {
  "alarm_etar_future.ics": "event with alarms android",
  "created_calendar_with_unicode_fields.ics": "Non-ASCII Test: ÄÖÜ äöü €",
  "issue_350.ics": 'Termin 4353 und"so"',
  "multiple_calendar_components.ics": "Christmas Day",
  "timezone_rdate.ics": "testevent",
  "timezoned.ics": "artsprint 2012",
};

describe("icalendar vectors", () => {
  for (const [name, [events, tasks]] of Object.entries(counts)) {
    withSample(`calendar/icalendar/${name}`, name, async (input) => {
      const { connector, tables, counts: read, range } = await readTables(input);
      expect(connector).to.equal("icalendar");
      expect(read).to.deep.equal({ events, tasks });
      if (starts[name] !== undefined) expect(range).to.deep.equal(starts[name]);
      if (titles[name] !== undefined) expect(tables["events"]?.[0]?.["title"]).to.equal(titles[name]);
    });
  }

  withSample(
    "calendar/icalendar/fuzz_testcase_0_char_in_component_name.ics",
    "a component without a name",
    async (input) => {
      let code = "";
      try {
        await readTables(input);
      } catch (error) {
        code = String((error as { readonly code?: unknown }).code);
      }
      expect(code).to.equal("EXPORT_INVALID");
    },
  );
});
