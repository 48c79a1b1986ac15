//! The words of arithmetic, in English and Mandarin, and the operations they stand for.

/// An operation between two parts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Infix {
    Plus,
    Minus,
    Times,
    Over,
    Remainder,
    Power,
    /// "20% of 92": only where one side is a share.
    Of,
    /// "20% off 92": only after a percentage.
    Off,
}

/// An operation on one part, said before or after it.
#[derive(Clone, Copy)]
pub(super) enum Postfix {
    Percent,
    Squared,
    Cubed,
    Factorial,
    SquareRoot,
    CubeRoot,
}

/// The words of arithmetic in one language, tokens separated by spaces, longer phrases before their beginnings.
pub(super) struct Vocabulary {
    pub(super) infix: &'static [(&'static str, Infix)],
    pub(super) prefix: &'static [(&'static str, Postfix)],
    pub(super) postfix: &'static [(&'static str, Postfix)],
    /// "add A to B": the opening, the word between, the operation, and whether B comes first.
    pub(super) pairs: &'static [(&'static str, &'static str, Infix, bool)],
    /// "to the tenth power", 的三次方.
    pub(super) nth_power: (&'static str, &'static str),
}

pub(super) const ENGLISH: Vocabulary = Vocabulary {
    infix: &[
        ("+", Infix::Plus),
        ("plus", Infix::Plus),
        ("added to", Infix::Plus),
        ("-", Infix::Minus),
        ("minus", Infix::Minus),
        ("less", Infix::Minus),
        ("take away", Infix::Minus),
        ("*", Infix::Times),
        ("x", Infix::Times),
        ("times", Infix::Times),
        ("multiplied by", Infix::Times),
        ("/", Infix::Over),
        ("divided by", Infix::Over),
        ("over", Infix::Over),
        ("modulo", Infix::Remainder),
        ("mod", Infix::Remainder),
        ("^", Infix::Power),
        ("to the power of", Infix::Power),
        ("to the power", Infix::Power),
        ("raised to the power of", Infix::Power),
        ("raised to", Infix::Power),
        ("of", Infix::Of),
        ("off of", Infix::Off),
        ("off", Infix::Off),
    ],
    prefix: &[
        ("the square root of", Postfix::SquareRoot),
        ("square root of", Postfix::SquareRoot),
        ("square root", Postfix::SquareRoot),
        ("√", Postfix::SquareRoot),
        ("the cube root of", Postfix::CubeRoot),
        ("cube root of", Postfix::CubeRoot),
        ("the square of", Postfix::Squared),
        ("the cube of", Postfix::Cubed),
        ("the factorial of", Postfix::Factorial),
        ("factorial of", Postfix::Factorial),
    ],
    postfix: &[
        ("%", Postfix::Percent),
        ("percent", Postfix::Percent),
        ("per cent", Postfix::Percent),
        ("squared", Postfix::Squared),
        ("cubed", Postfix::Cubed),
        ("factorial", Postfix::Factorial),
    ],
    pairs: &[
        ("add", "and", Infix::Plus, false),
        ("add", "to", Infix::Plus, false),
        ("multiply", "by", Infix::Times, false),
        ("multiply", "and", Infix::Times, false),
        ("divide", "by", Infix::Over, false),
        ("subtract", "from", Infix::Minus, true),
        ("add up", "and", Infix::Plus, false),
        ("the sum of", "and", Infix::Plus, false),
        ("sum of", "and", Infix::Plus, false),
        ("product of", "and", Infix::Times, false),
        ("the difference between", "and", Infix::Minus, false),
        ("the product of", "and", Infix::Times, false),
    ],
    nth_power: ("to the", "power"),
};

pub(super) const MANDARIN: Vocabulary = Vocabulary {
    infix: &[
        ("+", Infix::Plus),
        ("加 上", Infix::Plus),
        ("加", Infix::Plus),
        ("-", Infix::Minus),
        ("减 去", Infix::Minus),
        ("减 掉", Infix::Minus),
        ("减", Infix::Minus),
        ("*", Infix::Times),
        ("x", Infix::Times),
        ("乘 以", Infix::Times),
        ("乘 上", Infix::Times),
        ("乘", Infix::Times),
        ("/", Infix::Over),
        ("除 以", Infix::Over),
        ("^", Infix::Power),
        ("的", Infix::Of),
    ],
    prefix: &[("根 号", Postfix::SquareRoot), ("√", Postfix::SquareRoot)],
    postfix: &[
        ("%", Postfix::Percent),
        ("的 平 方 根", Postfix::SquareRoot),
        ("开 平 方", Postfix::SquareRoot),
        ("开 根 号", Postfix::SquareRoot),
        ("的 立 方 根", Postfix::CubeRoot),
        ("的 平 方", Postfix::Squared),
        ("平 方", Postfix::Squared),
        ("的 立 方", Postfix::Cubed),
        ("立 方", Postfix::Cubed),
        ("的 阶 乘", Postfix::Factorial),
        ("阶 乘", Postfix::Factorial),
    ],
    pairs: &[],
    nth_power: ("的", "次 方"),
};
