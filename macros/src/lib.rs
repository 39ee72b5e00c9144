//! The attributes of matchbus. They are documented where users meet them: at their re-exports in `matchbus`.
