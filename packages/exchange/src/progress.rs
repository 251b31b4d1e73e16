/// How far a fetch is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Pieces that are here and proved.
    pub done: u32,
    pub total: u32,
    /// Others that take part and can be asked.
    pub participants: u32,
    /// Those that answer at the moment.
    pub connected: u32,
    /// Peers that are not asked again, with what they did.
    pub bad: Vec<BadPeer>,
    /// What last stood in the way.
    pub problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadPeer {
    pub account: String,
    pub reason: String,
}
