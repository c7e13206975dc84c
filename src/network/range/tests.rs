//! Intervals against plain counting, and text that is no block.

use super::*;
use crate::network::tests::Dice;

/// A range over small numbers, for comparison with plain enumeration.
fn small(first: u128, last: u128) -> Range {
    Range { family: Family::V4, first, last }
}

fn some(dice: &mut Dice) -> Range {
    let (first, last) = dice.pair(12);
    small(first.into(), last.into())
}

#[test]
fn blocks_are_read_and_written() {
    for (text, written) in [
        ("10.0.0.0/16", "10.0.0.0/16"),
        ("10.0.7.9/16", "10.0.0.0/16"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("255.255.255.255/32", "255.255.255.255/32"),
        ("::/0", "::/0"),
        ("FD00:0:0::1/8", "fd00::/8"),
        ("2001:db8::1/128", "2001:db8::1/128"),
    ] {
        assert_eq!(Range::parse(text).map(|range| range.to_string()).as_deref(), Some(written), "{text}");
    }
    assert_eq!(Range::address("10.0.0.7").expect("an address").to_string(), "10.0.0.7/32");
    assert_eq!(Range::address("fd00::7").expect("an address").to_string(), "fd00::7/128");
}

#[test]
fn what_is_no_block_is_none() {
    for text in [
        "",
        "/",
        "/8",
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/+8",
        "10.0.0.0/-1",
        "10.0.0.0/08",
        "10.0.0.0/8/8",
        "10.0.0/8",
        "10.0.0.0.0/8",
        "010.0.0.0/8",
        "256.0.0.0/8",
        " 10.0.0.0/8",
        "10.0.0.0/8 ",
        "10.0.0.0/4294967304",
        "::/129",
        ":::/0",
        "fe80::1%eth0/64",
        "pl-1234",
        "${Vpc.CidrBlock}",
        "1０.0.0.0/8",
        "\u{0}",
    ] {
        assert_eq!(Range::parse(text), None, "{text:?}");
    }
    assert_eq!(Range::address("10.0.0.0/8"), None);
}

#[test]
fn families_never_mix() {
    let (v4, v6) = (Range::whole(Family::V4), Range::whole(Family::V6));
    assert!(!v4.holds(&v6) && !v6.holds(&v4) && !v4.meets(&v6));
    assert_eq!(cover(&Range::parse("10.0.0.0/8").expect("a block"), [&v6]), Cover::Nothing);
    assert!(!v6.holds(&Range::address("10.0.0.1").expect("an address")));
}

#[test]
fn halves_cover_a_block_at_every_edge_of_the_address_space() {
    for (block, low, high) in [
        ("10.0.0.0/16", "10.0.0.0/17", "10.0.128.0/17"),
        ("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"),
        ("::/0", "::/1", "8000::/1"),
        ("fd00::/64", "fd00::/65", "fd00::8000:0:0:0/65"),
    ] {
        let [block, low, high] = [block, low, high].map(|text| Range::parse(text).expect("a block"));
        assert_eq!(cover(&block, [&high, &low]), Cover::Full);
        assert_eq!(cover(&block, [&high]), Cover::Part);
        assert_eq!(cover(&block, [&low]), Cover::Part);
        assert_eq!(cover(&low, [&high]), Cover::Nothing);
        assert_eq!(cover(&low, [&block]), Cover::Full);
    }
}

#[test]
fn covering_agrees_with_counting() {
    let mut dice = Dice(1);
    for _ in 0..20_000 {
        let parts: Vec<Range> = (0..dice.below(5)).map(|_| some(&mut dice)).collect();
        let range = some(&mut dice);
        let counted = (range.first..=range.last).filter(|at| parts.iter().any(|part| part.first <= *at && *at <= part.last)).count();
        let expected = match counted {
            0 => Cover::Nothing,
            n if n as u128 == range.last - range.first + 1 => Cover::Full,
            _ => Cover::Part,
        };
        assert_eq!(cover(&range, &parts), expected, "{range:?} by {parts:?}");
    }
}

#[test]
fn ports_are_read_and_compared() {
    assert_eq!(Ports::parse("443"), Some(Ports::one(443)));
    assert_eq!(Ports::parse("1-65535"), Ports::new(1, 65535));
    for text in ["", "-", "443-", "-443", "444-443", "65536", "+443", "0443", "443,444", "4 4"] {
        assert_eq!(Ports::parse(text), None, "{text:?}");
    }
    let served = [Ports::one(443), Ports::one(444), Ports::parse("1000-2000").expect("ports")];
    assert!(Ports::parse("443-444").expect("ports").within(&served));
    assert!(Ports::parse("1500-1600").expect("ports").within(&served));
    assert!(!Ports::parse("443-445").expect("ports").within(&served));
    assert!(!Ports::ALL.within(&served));
    assert!(Ports::ALL.within(&[Ports::ALL]));
    assert_eq!((Ports::one(443).to_string(), Ports::EPHEMERAL.to_string()), ("443".into(), "1024-65535".into()));
}
