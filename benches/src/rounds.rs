/// Runs all cases once a round, and gives each case's figures by round.
pub fn take_turns(rounds: usize, cases: &mut [Box<dyn FnMut() -> f64 + '_>]) -> Vec<Vec<f64>> {
    let mut figures = vec![Vec::with_capacity(rounds); cases.len()];
    for _ in 0..rounds {
        for (case, figures) in cases.iter_mut().zip(&mut figures) {
            figures.push(case());
        }
    }
    figures
}

/// The middle figure; of an even number the lower middle.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

/// The median of `ours / theirs` round by round.
pub fn median_ratio(ours: &[f64], theirs: &[f64]) -> f64 {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a / b).collect();
    median(&ratios)
}

/// The smallest and the largest of `ours / theirs` round by round, for people.
pub fn range(ours: &[f64], theirs: &[f64]) -> String {
    let ratios = || ours.iter().zip(theirs).map(|(a, b)| a / b);
    format!("{:.3}–{:.3}", ratios().fold(f64::INFINITY, f64::min), ratios().fold(0.0, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_take_turns_and_medians_are_in_the_middle() {
        let order = std::cell::RefCell::new(Vec::new());
        let mut cases: Vec<Box<dyn FnMut() -> f64 + '_>> = vec![
            Box::new(|| {
                order.borrow_mut().push('a');
                1.0
            }),
            Box::new(|| {
                order.borrow_mut().push('b');
                2.0
            }),
        ];
        let figures = take_turns(2, &mut cases);
        assert_eq!(figures, [[1.0, 1.0], [2.0, 2.0]]);
        drop(cases);
        assert_eq!(order.into_inner(), ['a', 'b', 'a', 'b']);
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median_ratio(&[1.0, 4.0, 9.0], &[1.0, 2.0, 3.0]) - 2.0).abs() < f64::EPSILON);
    }
}
