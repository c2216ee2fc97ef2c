package books

// wide is how many half-width columns a character takes, as Japanese bookkeeping programs count.
func wide(r rune) int {
	if r < 0x80 || r >= 0xff61 && r <= 0xff9f {
		return 1
	}
	return 2
}

// fit cuts text to so many half-width columns; most of 0 is no limit.
func fit(s string, most int) (out string, cut bool) {
	if most == 0 {
		return s, false
	}
	used := 0
	for i, r := range s {
		if used += wide(r); used > most {
			return s[:i], true
		}
	}
	return s, false
}
