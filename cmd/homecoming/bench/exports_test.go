package bench

import (
	"io"
	"testing"
)

func TestALongExportTakesNoMoreMemoryThanAShortOne(t *testing.T) {
	t.Parallel()
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
