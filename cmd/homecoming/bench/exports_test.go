package bench

import (
	"io"
	"testing"
)

// It runs by itself: the heap is the whole process's, and what another test keeps would be counted as its own.
func TestALongExportTakesNoMoreMemoryThanAShortOne(t *testing.T) {
	r, err := Exports(t.Context(), ExportsOptions{Lines: 30_000, Kind: "moneyforward"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if r.Lines != 30_000 || r.Bytes < 3_000_000 || r.LinesPerSecond <= 0 || r.Ratio <= 0 {
		t.Errorf("%+v", r)
	}
	if r.HeapMB > 64 { // the file alone is that large at a million
		t.Errorf("%.0f MB were alive", r.HeapMB)
	}
}
