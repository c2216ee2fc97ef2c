package bench

import (
	"io"
	"testing"
)

// It runs by itself: the heap is the whole process's, and what another test keeps would be counted as its own.
func TestALongHRFileTakesNoMoreMemoryThanAShortOne(t *testing.T) {
	r, err := Import(t.Context(), ImportOptions{Rows: 4_000}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows != 4_000 || r.RowsPerSecond <= 0 || r.Ratio <= 0 || r.CheckSeconds <= 0 {
		t.Errorf("%+v", r)
	}
	if r.HeapMB > 48 {
		t.Errorf("%.0f MB were alive", r.HeapMB)
	}
}
