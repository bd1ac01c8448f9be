//! Which cells of a table are withheld because too few debtors stand behind them, so that no total gives them away.

/// `counts[row][column]` are debtors; the total of every row and column is shown. A cell of fewer than `least` is
/// withheld, and where it is the only one of its row or column, the smallest beside it too.
pub fn withheld(counts: &[Vec<i64>], least: i64) -> Vec<Vec<bool>> {
    let is_few = |debtors: &i64| *debtors > 0 && *debtors < least;
    let mut mask: Vec<Vec<bool>> = counts.iter().map(|row| row.iter().map(is_few).collect()).collect();
    let (rows, columns) = (counts.len(), counts.first().map_or(0, Vec::len));
    let row = |n: usize| (0..columns).map(|column| (n, column)).collect::<Vec<_>>();
    let column = |n: usize| (0..rows).map(|row| (row, n)).collect::<Vec<_>>();
    let lines: Vec<Vec<(usize, usize)>> = (0..rows).map(row).chain((0..columns).map(column)).collect();
    // Each round withholds one cell more, or is the last.
    loop {
        let mut is_done = true;
        for line in &lines {
            if line.iter().filter(|(r, c)| mask[*r][*c]).count() != 1 {
                continue;
            }
            let others = line.iter().filter(|(r, c)| !mask[*r][*c] && counts[*r][*c] > 0);
            if let Some((r, c)) = others.min_by_key(|(r, c)| (counts[*r][*c], *r, *c)) {
                mask[*r][*c] = true;
                is_done = false;
            }
        }
        if is_done {
            return mask;
        }
    }
}

/// Which buckets are withheld, those that are not overdue first: the total is shown, and the overdue part of it wherever
/// that gives nothing away, so the buckets of that part protect each other first.
pub fn withheld_by_age(current: &[i64], overdue: &[i64], least: i64) -> Vec<bool> {
    let column = |counts: &[i64]| -> Vec<bool> {
        let rows: Vec<Vec<i64>> = counts.iter().map(|count| vec![*count]).collect();
        withheld(&rows, least).into_iter().map(|row| row[0]).collect()
    };
    let late = column(overdue);
    let is_alone = late.iter().filter(|few| **few).count() == 1;
    let is_few = current.iter().any(|debtors| *debtors > 0 && *debtors < least);
    let of_parts = current.iter().map(|_| false).chain(late);
    if is_alone || is_few {
        return column(&[current, overdue].concat()).into_iter().zip(of_parts).map(|(all, part)| all || part).collect();
    }
    of_parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(counts: &[&[i64]], least: i64) -> Vec<String> {
        let counts: Vec<Vec<i64>> = counts.iter().map(|row| row.to_vec()).collect();
        let mask = withheld(&counts, least);
        mask.iter().map(|row| row.iter().map(|few| if *few { 'x' } else { '.' }).collect()).collect()
    }

    #[test]
    fn no_total_gives_a_small_cell_away() {
        let cases: [(&[&[i64]], &[&str]); 6] = [
            (&[&[9, 9], &[9, 9]], &["..", ".."]),
            // One small cell needs another in its row, its column, and where those meet.
            (&[&[2, 9, 8], &[7, 9, 9], &[9, 9, 9]], &["x.x", "x.x", "..."]),
            // Two in a row protect each other there, and need one each in their columns.
            (&[&[2, 3, 9], &[9, 9, 9]], &["xx.", "xx."]),
            // Nothing to hide behind: alone in its line, the total is the cell.
            (&[&[2]], &["x"]),
            // Empty cells hide nothing.
            (&[&[2, 0, 9]], &["x.x"]),
            (&[], &[]),
        ];
        for (counts, expected) in cases {
            assert_eq!(shown(counts, 5), expected, "{counts:?}");
        }
        assert_eq!(shown(&[&[1, 2]], 0), [".."], "nothing is small where nobody asks");
    }

    /// The amount of a bucket was what is overdue less its other buckets, and both were on the page.
    #[test]
    fn the_overdue_amount_gives_no_bucket_away() {
        let cases: [(&[i64], &[i64], &str); 5] = [
            (&[90], &[9, 2, 7, 9], "..xx."),
            (&[90], &[9, 9], "..."),
            // One overdue bucket alone: what is not due hides it, and the overdue amount is withheld with both.
            (&[90], &[2], "xx"),
            (&[4], &[9, 8], "x.x"),
            (&[], &[2, 9], "xx"),
        ];
        for (current, overdue, expected) in cases {
            let mask = withheld_by_age(current, overdue, 5);
            let mask: String = mask.into_iter().map(|few| if few { 'x' } else { '.' }).collect();
            assert_eq!(mask, expected, "{current:?} {overdue:?}");
        }
    }
}
