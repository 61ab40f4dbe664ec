//! In: the text of a CSV file. Out: its blocks, or the line that is wrong and how.

use perf_stats::decision::Order;
use std::collections::HashSet;

/// One row.
pub(crate) struct Row {
    pub(crate) line: usize, // counted from 1, the header included
    pub(crate) arm: char,   // 'A' or 'B'
    pub(crate) value: f64,  // finite, not negative
}

/// The rows of one block, in time order; both arms occur.
pub(crate) struct Block {
    pub(crate) values: Vec<Row>,
}

impl Block {
    /// The values of one arm in time order.
    pub(crate) fn arm(&self, arm: char) -> impl Iterator<Item = f64> + '_ {
        self.values
            .iter()
            .filter(move |r| r.arm == arm)
            .map(|r| r.value)
    }

    /// The arms in time order, such as `ABBA`.
    pub(crate) fn order(&self) -> String {
        self.values.iter().map(|r| r.arm).collect()
    }

    /// Order and values where the block is ABBA or BAAB.
    pub(crate) fn four(&self) -> Option<(Order, [f64; 4])> {
        let order = match self.order().as_str() {
            "ABBA" => Order::Abba,
            "BAAB" => Order::Baab,
            _ => return None,
        };
        Some((order, std::array::from_fn(|i| self.values[i].value)))
    }
}

/// Reads the whole file; the error names the line.
pub(crate) fn parse(text: &str) -> Result<Vec<Block>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line.trim()));
    let header = lines
        .next()
        .map_or(String::new(), |(_, h)| h.replace([' ', '\t'], ""));
    if header != "block,arm,value" {
        let (shown, rest) = start_of(&header);
        return Err(format!(
            "line 1: the header must be `block,arm,value`, not `{shown}`{rest}"
        ));
    }
    let mut blocks: Vec<(String, usize, Block)> = Vec::new(); // name, first line, rows
    let mut names = HashSet::new();
    for (line, content) in lines {
        if content.is_empty() {
            continue;
        }
        let (name, row) = parse_row(line, content)?;
        match blocks.last_mut() {
            Some((last, _, block)) if *last == name => block.values.push(row),
            _ => {
                if !names.insert(name.clone()) {
                    let why = "its rows must be together, in time order";
                    return Err(format!("line {line}: block `{name}` appears again; {why}"));
                }
                blocks.push((name, line, Block { values: vec![row] }));
            }
        }
    }
    for (name, line, block) in &blocks {
        for arm in ['A', 'B'] {
            if block.arm(arm).next().is_none() {
                return Err(format!(
                    "line {line}: block `{name}` has no value of arm {arm}"
                ));
            }
        }
    }
    Ok(blocks.into_iter().map(|b| b.2).collect())
}

/// The first characters of what may be long, and what to say of the rest.
pub(crate) fn start_of(text: &str) -> (&str, &'static str) {
    match text.char_indices().nth(40) {
        Some((at, _)) => (&text[..at], " and so on"),
        None => (text, ""),
    }
}

fn parse_row(line: usize, content: &str) -> Result<(String, Row), String> {
    let fields: Vec<&str> = content.split(',').map(str::trim).collect();
    let &[block, arm, value] = fields.as_slice() else {
        return Err(format!(
            "line {line}: three fields expected, {} found",
            fields.len()
        ));
    };
    if block.is_empty() {
        return Err(format!("line {line}: the block has no name"));
    }
    let arm = match arm {
        "A" => 'A',
        "B" => 'B',
        other => {
            return Err(format!(
                "line {line}: the arm must be A or B, not `{}`",
                start_of(other).0
            ));
        }
    };
    let number: f64 = value
        .parse()
        .map_err(|_| format!("line {line}: `{}` is not a number", start_of(value).0))?;
    if !number.is_finite() || number < 0.0 {
        return Err(format!(
            "line {line}: the value must be finite and not negative, not `{value}`"
        ));
    }
    Ok((
        block.to_owned(),
        Row {
            line,
            arm,
            value: number + 0.0,
        },
    ))
}
