mod entering;
pub(crate) mod kit;
