package bench

import (
	"io"
	"os/exec"
	"testing"
	"time"
)

func TestTheLedgerIsMeasuredBesidePgbench(t *testing.T) {
	if _, err := exec.LookPath("pgbench"); err != nil {
		t.Skip("SKIP: the ledger's yardstick; put pgbench on the PATH")
	}
	r, err := Ledger(t.Context(), LedgerOptions{Turn: time.Second, Rounds: 1, Clients: 2, Seed: 1}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Cases) != len(distributions) {
		t.Fatalf("%d cases", len(r.Cases))
	}
	for _, c := range r.Cases {
		if c.Ours <= 0 || c.Yardstick <= 0 || c.Ratio <= 0 || !c.Balanced {
			t.Errorf("%+v", c)
		}
	}
}
