package insight

// Smallest is how many people a number is at least about.
const Smallest = 5

// A Mask says why a number is not shown.
type Mask string

// The masks.
const (
	Shown    Mask = ""
	Under    Mask = "under_5"   // it is 1, 2, 3 or 4
	Withheld Mask = "withheld"  // another one could be computed from it
	NoNumber Mask = "no_figure" // there is none: the median of nothing, or what is not kept so long
)

func few(n int64) bool { return n > 0 && n < Smallest }

// hide says what of a column of numbers of people, and of their sum, is not shown, so that nobody who knows the rest, and what the masks
// mean, can compute a number of 1 to 4: for each there are at least two that it can be.
func hide(column []int64) (masks []Mask, total Mask) {
	masks = make([]Mask, len(column))
	var sum, hidden, unders, withheld int64
	for i, n := range column {
		sum += n
		if few(n) {
			masks[i] = Under
			hidden, unders = hidden+n, unders+1
		}
	}
	if few(sum) {
		return masks, Under
	}
	for exposed(hidden, unders, withheld) {
		next := -1
		for i, n := range column {
			if masks[i] == Shown && n > 0 && (next < 0 || n < column[next]) {
				next = i
			}
		}
		if next < 0 {
			return masks, Withheld
		}
		masks[next] = Withheld
		hidden, withheld = hidden+column[next], withheld+1
	}
	return masks, Shown
}

// exposed reports whether a number under five can be told where so many are hidden that come to a sum: the ones between 1 and 4, and
// those held back, which are 5 or more.
func exposed(sum, unders, withheld int64) bool {
	if unders == 0 {
		return false
	}
	least, most := int64(1), min(Smallest-1, sum-(unders-1)-Smallest*withheld)
	if withheld == 0 {
		least = max(least, sum-(Smallest-1)*(unders-1))
	}
	return least >= most
}

// both are the masks of a part of a whole that is shown: it is hidden where itself or the rest would be told.
func both(part, rest Mask) Mask {
	if part == Shown && rest != Shown {
		return Withheld
	}
	return part
}
