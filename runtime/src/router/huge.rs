//! Large tables on huge pages.
//!
//! A find among a million patterns goes to a few places at random in some 70 MB, and with pages of 4 KiB the processor has
//! to look up nearly each of them in the page table first.

/// A huge page, where they are as on x86: smaller tables are left alone.
const HUGE: usize = 2 << 20;

/// Asks the kernel to put a table on huge pages if it is large. To be asked when the table is complete.
///
/// On Linux; elsewhere, and where the kernel will not, nothing happens. A table that is on huge pages costs next to nothing,
/// so it may be asked for again; one that is not costs its copy.
pub(super) fn ask<T>(table: &[T]) {
    if size_of_val(table) >= HUGE {
        advise(table.as_ptr().cast(), size_of_val(table));
    }
}

/// A hit among a million patterns takes 540 to 570 ns in place of 710 to 740 so, and no crate that we have offers it without `unsafe`.
#[cfg(all(target_os = "linux", not(miri)))]
#[allow(unsafe_code, reason = "the one in the library; see above")]
fn advise(table: *const u8, len: usize) {
    /// Since Linux 6.1: at once. `libc` has it for glibc only.
    const MADV_COLLAPSE: libc::c_int = 25;

    // Whole huge pages, also the one where the table starts behind other things: they come along.
    let before = table.addr() % HUGE;
    let start = table.wrapping_sub(before).cast_mut().cast();
    let len = (before + len).next_multiple_of(HUGE);
    // Older kernels know the first only, and do it in the minutes after.
    for advice in [libc::MADV_HUGEPAGE, MADV_COLLAPSE] {
        // SAFETY: `madvise` follows no pointer; it takes a range of addresses, of which some may have nothing behind them.
        // Both pieces of advice change which physical pages hold the memory there, and neither what is read nor who may
        // read or write it, so they are harmless for this table, for who reads it now, and for whatever lies beside it.
        // Where an advice fails all stays as it was, so that the result says nothing of use.
        unsafe { libc::madvise(start, len, advice) };
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn advise(_: *const u8, _: usize) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_table_stays() {
        for len in [HUGE / 8 - 1, HUGE / 8, HUGE, 3 * HUGE / 8 + 7] {
            let beside = vec![7u8; 4096];
            let mut table: Vec<u64> = (0..len as u64).collect();
            ask(&table[1..]);
            assert!((0..len as u64).eq(table.iter().copied()));
            table.push(1);
            ask(&table);
            assert_eq!(table.iter().sum::<u64>(), (0..len as u64).sum::<u64>() + 1);
            assert!(beside.iter().all(|byte| *byte == 7));
        }
        ask::<()>(&[(); 10]);
        ask::<u64>(&[]);
    }
}
