mod acting;
mod entering;
mod imports;
pub(crate) mod kit;
mod own;
mod pages;
