//! Registration codes and reset codes.
