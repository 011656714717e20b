//! What a process costs, as the kernel counts it (proc(5)).

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Duration;

/// Kernels count in hundredths of a second towards user space.
const MICROS_PER_TICK: u64 = 10_000;
const REST: Duration = Duration::from_millis(200);
const RESTS_WITHIN: u32 = 40;

/// The microseconds of CPU that a process and its descendants have used.
pub(crate) fn cpu_micros(root: u32) -> u64 {
    let used = tree(root).into_iter().filter_map(|id| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit(") ").next()?.split(' ').collect();
        let ticks = |place: usize| fields.get(place)?.parse::<u64>().ok();
        Some(ticks(11)? + ticks(12)?)
    });
    used.sum::<u64>() * MICROS_PER_TICK
}

/// The kibibytes of memory that a process and its descendants hold.
pub(crate) fn resident_kib(root: u32) -> u64 {
    let held = tree(root).into_iter().filter_map(|id| {
        let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    });
    held.sum()
}

/// Waits until what was put off has been done too; bounded.
pub(crate) fn settle(root: u32) {
    let mut before = cpu_micros(root);
    for _ in 0..RESTS_WITHIN {
        thread::sleep(REST);
        let after = cpu_micros(root);
        if after.saturating_sub(before) <= MICROS_PER_TICK {
            return;
        }
        before = after;
    }
}

fn tree(root: u32) -> BTreeSet<u32> {
    let mut found = BTreeSet::from([root]);
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        let path = format!("/proc/{id}/task/{id}/children");
        let children = fs::read_to_string(path).unwrap_or_default();
        let children = children.split_whitespace().filter_map(|it| it.parse().ok());
        open.extend(children.filter(|id| found.insert(*id)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted() {
        let id = std::process::id();
        let before = cpu_micros(id);
        let mut sum = 0_u64;
        while cpu_micros(id) < before + 2 * MICROS_PER_TICK {
            sum = (0..100_000).fold(sum, u64::wrapping_add);
        }
        assert!(resident_kib(id) > 500, "{sum}");
    }

    #[test]
    fn nothing_is_counted_for_a_process_that_is_gone() {
        assert_eq!(cpu_micros(u32::MAX), 0);
        assert_eq!(resident_kib(u32::MAX), 0);
    }
}
