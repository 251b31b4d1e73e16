//! Orders, bids, leases, escrow and streaming payment.
