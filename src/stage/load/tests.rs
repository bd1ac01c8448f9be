//! Rows as exports write them, table by table.
