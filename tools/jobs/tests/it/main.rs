//! The program, run as operators run it.

mod commands;
mod support;
mod top;
