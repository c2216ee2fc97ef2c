package insight

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestAFewPeopleAreNeverShown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		column []int64
		masks  []Mask
		total  Mask
	}{
		"nobody":                             {[]int64{0, 0}, []Mask{"", ""}, ""},
		"enough everywhere":                  {[]int64{5, 9, 0}, []Mask{"", "", ""}, ""},
		"one small group takes the next one": {[]int64{7, 6, 3}, []Mask{"", Withheld, Under}, ""},
		"two small groups cover each other":  {[]int64{2, 3, 8}, []Mask{Under, Under, ""}, ""},
		"but not where each must be one":     {[]int64{1, 1, 8}, []Mask{Under, Under, Withheld}, ""},
		"nor where each must be four":        {[]int64{4, 4, 9}, []Mask{Under, Under, Withheld}, ""},
		"a one beside a five takes another":  {[]int64{1, 5, 9}, []Mask{Under, Withheld, Withheld}, ""},
		"the sum itself is small":            {[]int64{3, 0}, []Mask{Under, ""}, Under},
		"there is nothing to hide it behind": {[]int64{1, 1, 1, 1, 1}, []Mask{Under, Under, Under, Under, Under}, Withheld},
	} {
		masks, total := hide(c.column)
		if !slices.Equal(masks, c.masks) || total != c.total {
			t.Errorf("%s: %v of %v, total %q", name, masks, c.column, total)
		}
	}
}

// reader is somebody who knows what is shown and what the masks mean, and looks for all numbers that a hidden one can be.
type reader struct {
	masks  []Mask
	shown  []int64
	sum    int64
	summed bool
}

// can reports whether the i-th number can be n: whether the others can be filled in so that the sum is right.
func (r reader) can(i int, n int64) bool {
	least, open, most := n, false, n
	for j, m := range r.masks {
		switch {
		case j == i:
		case m == Shown:
			least, most = least+r.shown[j], most+r.shown[j]
		case m == Under:
			least, most = least+1, most+4
		default:
			least, open = least+5, true
		}
	}
	return !r.summed || r.sum >= least && (open || r.sum <= most)
}

func TestNoSmallNumberCanBeComputedFromWhatIsShown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		column := rapid.SliceOfN(rapid.Int64Range(0, 14), 0, 9).Draw(t, "column")
		masks, total := hide(column)
		r := reader{masks: masks, shown: column, summed: total == Shown}
		for i, n := range column {
			r.sum += n
			if few(n) != (masks[i] == Under) || n == 0 && masks[i] != Shown {
				t.Fatalf("%d of %v is %q", n, column, masks[i])
			}
		}
		if few(r.sum) != (total == Under) {
			t.Fatalf("the sum %d is %q", r.sum, total)
		}
		for i, m := range masks {
			if m != Under {
				continue
			}
			var can []int64
			for n := int64(1); n < Smallest; n++ {
				if r.can(i, n) {
					can = append(can, n)
				}
			}
			if len(can) < 2 || !slices.Contains(can, column[i]) {
				t.Fatalf("the %d. of %v can be told: it is one of %v (%v, total %q)", i, column, can, masks, total)
			}
		}
	})
}

func TestAPartIsHiddenWhereTheRestWouldBeTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "rows")
		table := Table{Columns: []Column{things("all"), partOf("all", "part"), share("share", "part", "all")}, Total: &Row{Cells: make([]Cell, 3)}, Before: &Row{Cells: make([]Cell, 3)}}
		parts, rests := make([]int64, n), make([]int64, n)
		for i := range n {
			parts[i], rests[i] = rapid.Int64Range(0, 12).Draw(t, "part"), rapid.Int64Range(0, 12).Draw(t, "rest")
			table.Rows = append(table.Rows, Row{Cells: []Cell{{Value: parts[i] + rests[i]}, {Value: parts[i]}, {}}})
			table.Total.Cells[0].Value += parts[i] + rests[i]
			table.Total.Cells[1].Value += parts[i]
		}
		table.veil()
		for i, r := range table.Rows {
			part, share := r.Cells[1], r.Cells[2]
			if (few(parts[i]) || few(rests[i])) == (part.Mask == Shown) && (few(parts[i]) || few(rests[i])) {
				t.Fatalf("%d of %d is shown", parts[i], parts[i]+rests[i])
			}
			if part.Mask != Shown && (part.Value != 0 || share.Value != 0 || share.Mask == Shown) {
				t.Fatalf("a hidden number stands in %+v %+v", part, share)
			}
		}
		total := table.Total.Cells[1]
		for _, small := range [][]int64{parts, rests} {
			masks := make([]Mask, n)
			var sum int64
			for i := range small {
				sum += small[i]
				masks[i] = table.Rows[i].Cells[1].Mask
				if masks[i] != Shown {
					masks[i] = Withheld
				}
			}
			if few(sum) && total.Mask == Shown {
				t.Fatalf("the sum %d is told by the total", sum)
			}
			hidden := 0
			for i := range small {
				if masks[i] != Shown {
					hidden++
				}
				if few(small[i]) && masks[i] == Shown {
					t.Fatalf("%d can be told", small[i])
				}
			}
			if hidden == 1 && total.Mask == Shown && slices.ContainsFunc(small, few) {
				t.Fatalf("one number alone is hidden in %v, and the total is shown", small)
			}
		}
	})
}
