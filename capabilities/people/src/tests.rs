mod entering;
mod pages;
pub(crate) mod kit;
