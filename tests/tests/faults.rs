//! The fault programs in their small size; `cargo xtask faults --full` runs them in full. What they are stands in
//! `src/bin/faults/`.
//!
//! One after the other: each of them loads the machine, and looks at times.

use std::process::Command;
use std::sync::{Mutex, PoisonError};

static MACHINE: Mutex<()> = Mutex::new(());

fn passes(test: &str) {
    if matchbus_tests::left_out("faults") {
        return;
    }
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    // What a run needs is beside it.
    let _ = env!("CARGO_BIN_EXE_fault-worker");
    let output = Command::new(env!("CARGO_BIN_EXE_faults")).arg(test).output().unwrap();
    let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{test}: {}\n{said}{told}", output.status);
    // One line for each transport and try.
    assert!(said.lines().count() >= 2, "{test} says too little: {said}");
    eprint!("{said}");
}

macro_rules! faults {
    ($($name:ident $test:literal,)+) => { $(
        #[test]
        fn $name() {
            passes($test);
        }
    )+ };
}

faults! {
    t01_workers_are_killed "T01",
    t08_the_network_is_broken "T08",
    t12_malformed_input "T12",
    t14_handlers_panic "T14",
    t15_handlers_hang "T15",
    t16_deadlines_over_a_chain "T16",
    t17_ten_times_the_load "T17",
    t20_slow_and_deaf_clients "T20",
    t21_workers_are_restarted "T21",
    t22_two_versions "T22",
    t23_every_message_twice "T23",
    t27_callers_vanish "T27",
}
