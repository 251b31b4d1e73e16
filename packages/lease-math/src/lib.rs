//! Pure arithmetic of leases: accrual, funded time, the order of bids.
