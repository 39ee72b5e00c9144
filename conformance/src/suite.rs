/// A module with one test for each behaviour that a transport is held to; see the [crate](crate).
#[macro_export]
macro_rules! suite {
    ($name:ident: $subject:expr, promises: [$($promise:ident),* $(,)?]) => {
        mod $name {
            #[allow(unused_imports)] // For what the subject is made of.
            use super::*;

            fn subject() -> $crate::Subject {
                $subject
            }

            $crate::suite!(@always);
            $($crate::suite!(@$promise);)*
        }
    };
    (@always) => {
        $crate::suite!(@tests [
            a_call_is_answered,
            a_call_from_inside_of_a_handler_is_answered,
            any_json_is_a_reply,
            many_calls_at_once_each_get_their_own_answer,
            slow_handlers_do_not_hold_up_others,
            the_service_s_own_error_comes_back_typed,
            the_service_s_own_error_tells_who_has_no_types,
            a_message_that_does_not_fit_is_named_with_its_place,
            a_panic_is_an_error_and_the_process_lives,
            a_message_that_nobody_answers_is_not_done,
            the_time_that_is_left_goes_along,
            a_message_without_time_is_not_done,
            a_deadline_that_passes_leaves_the_outcome_unknown,
            a_handler_s_own_time_is_kept_at_the_far_side,
            what_goes_beside_a_message_arrives,
            context_and_trace_go_along_into_nested_calls,
            keys_that_nobody_knows_are_kept,
            a_message_up_to_the_limit_is_answered,
            a_message_over_the_limit_is_refused_with_the_limit,
            a_message_up_to_the_deepest_is_answered_and_a_deeper_one_refused,
            a_large_reply_comes_whole,
            odd_values_come_back_as_they_were,
            odd_keys_come_back_as_they_were,
            odd_spaces_change_nothing,
            numbers_keep_their_value,
            bytes_that_are_no_message_are_refused,
            a_send_does_not_wait_for_the_handler,
            a_send_that_nobody_takes_is_refused,
            what_runs_ends_before_a_process_does_and_new_messages_are_told,
            a_special_case_hands_on_to_what_it_stands_before,
            an_override_hands_on_to_what_it_replaces,
            special_cases_of_special_cases_hand_on_in_order,
            a_special_case_of_nothing_says_what_it_looked_for,
        ]);
    };
    (@processes) => {
        $crate::suite!(@tests [
            instances_share_the_work,
            a_send_goes_to_one_instance,
            a_process_that_stops_is_not_seen_by_callers,
            a_process_that_drains_is_not_seen_by_callers,
            a_read_is_repeated_elsewhere_when_its_process_dies,
            what_may_have_run_is_not_repeated,
            nobody_there_is_not_done,
            a_process_that_came_back_is_found_again,
            a_process_that_comes_later_is_found,
            only_what_is_exposed_is_reached,
            a_catalogue_lists_what_is_exposed,
            a_link_needs_nothing_beside_the_message,
            two_callers_do_not_see_each_other,
            a_circle_over_two_processes_is_stopped,
            what_does_not_end_in_time_is_told,
            what_is_handed_on_does_not_come_back_up,
            an_override_elsewhere_wins_and_is_had_once,
            what_is_handed_on_passes_over_nobody_where_some_are_hidden,
            what_is_handed_on_goes_to_one_who_is_there,
        ]);
    };
    (@broadcast) => {
        $crate::suite!(@tests [
            every_group_gets_a_copy,
            a_message_without_observers_goes_to_no_group,
        ]);
    };
    (@ordered) => {
        $crate::suite!(@tests [
            what_one_sender_sends_arrives_in_order,
        ]);
    };
    (@cancels) => {
        $crate::suite!(@tests [
            cancellation_reaches_the_far_handler,
            a_deadline_that_passes_ends_the_far_handler,
            one_caller_s_cancellation_leaves_others_alone,
        ]);
    };
    (@tests [$($behaviour:ident,)*]) => {
        $(
            #[test]
            fn $behaviour() {
                $crate::run(subject(), $crate::behaviour::$behaviour);
            }
        )*
    };
}
