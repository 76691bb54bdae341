"""An amount as it is written out on a check."""

from ledgers.money import Money, cents_of

ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
GROUPS = ("", " thousand", " million", " billion", " trillion")


def below_thousand(number: int) -> str:
    """Return 1 to 999 in words: two hundred thirty-four."""
    hundreds, rest = divmod(number, 100)
    words = [f"{ONES[hundreds]} hundred"] if hundreds else []
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        words.append(f"{TENS[tens]}-{ONES[ones]}" if ones else TENS[tens])
    elif rest:
        words.append(ONES[rest])
    return " ".join(words)


def amount_in_words(amount: Money) -> str:
    """Return an amount above zero as "One thousand two hundred thirty-four and 56/100"; a cent is "Zero and 01/100"."""
    dollars, cents = divmod(cents_of(amount), 100)
    parts: list[str] = []
    for group in GROUPS:
        dollars, rest = divmod(dollars, 1000)
        if rest:
            parts.insert(0, below_thousand(rest) + group)
    words = " ".join(parts) or ONES[0]
    return f"{words[0].upper()}{words[1:]} and {cents:02}/100"
