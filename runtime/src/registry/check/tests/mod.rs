//! Tests of the rules: a corpus of faulty and of sound sets, and random sets against a naive oracle.

mod build;
mod compile;
mod corpus;
mod globs;
mod oracle;
mod speed;
mod texts;
