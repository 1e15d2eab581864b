mod entering;
mod kit;
