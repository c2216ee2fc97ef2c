package billing

import (
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestASumIsGivenToWhatItWasMeantFor(t *testing.T) {
	t.Parallel()
	a, b, c := waitingFor(105_290, "AAAA11112222"), waitingFor(55_000, "BBBB33334444"), waitingFor(55_000, "CCCC55556666")
	for name, x := range map[string]struct {
		sum       int64
		reference string
		late      bool
		open      []BankTransfer
		want      []int64 // by open
		sure      bool
	}{
		"exactly the one that is open":        {105_290, "", false, []BankTransfer{a}, []int64{105_290}, true},
		"too little for the one that is open": {5_000, "", false, []BankTransfer{a}, []int64{5_000}, true},
		"too much for it":                     {200_000, "", false, []BankTransfer{a}, []int64{105_290}, true},
		"the only one missing so much":        {105_290, "", false, []BankTransfer{a, b, c}, []int64{105_290, 0, 0}, true},
		"two are missing so much":             {55_000, "", false, []BankTransfer{a, b, c}, []int64{0, 55_000, 0}, false},
		"the sender says which":               {55_000, "homecoming cccc-5555-6666", false, []BankTransfer{a, b, c}, []int64{0, 0, 55_000}, true},
		"in full-width letters":               {55_000, "ＣＣＣＣ５５５５６６６６", false, []BankTransfer{a, b, c}, []int64{0, 0, 55_000}, true},
		"all of them together":                {215_290, "", false, []BankTransfer{a, b, c}, []int64{105_290, 55_000, 55_000}, true},
		"two of three":                        {110_000, "", false, []BankTransfer{a, b, c}, []int64{0, 55_000, 55_000}, false},
		"nothing fits: the oldest first":      {120_000, "", false, []BankTransfer{a, b, c}, []int64{105_290, 14_710, 0}, false},
		"meant for one that is over":          {105_290, "gone", true, []BankTransfer{a}, []int64{105_290}, false},
		"none is open":                        {105_290, "", false, nil, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			parts, sure := propose(x.sum, x.reference, x.late, x.open)
			if sure != x.sure {
				t.Errorf("sure: %v", sure)
			}
			got := map[uuid.UUID]int64{}
			for _, p := range parts {
				got[p.BankTransfer.ID] = p.Amount
			}
			for i, want := range x.want {
				if got[x.open[i].ID] != want {
					t.Errorf("number %d gets %d, want %d", i+1, got[x.open[i].ID], want)
				}
			}
		})
	}
}

func waitingFor(amount int64, reference string) BankTransfer {
	return BankTransfer{ID: newID(), Amount: amount, Reference: reference, State: TransferWaiting}
}

func TestNoMoreIsProposedThanThereIsOrThanIsMissing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var open []BankTransfer
		for range rapid.IntRange(0, 8).Draw(t, "open") {
			b := waitingFor(rapid.Int64Range(50, 500).Draw(t, "amount"), rapid.StringMatching("[A-Z]{0,2}").Draw(t, "reference"))
			b.Received = rapid.Int64Range(0, b.Amount-1).Draw(t, "received")
			open = append(open, b)
		}
		sum := rapid.Int64Range(0, 2_000).Draw(t, "sum")
		parts, sure := propose(sum, rapid.StringMatching("[A-Za-z ]{0,4}").Draw(t, "written"), rapid.Bool().Draw(t, "late"), open)
		seen := map[uuid.UUID]bool{}
		var used int64
		for _, p := range parts {
			if p.Amount <= 0 || p.Amount > p.BankTransfer.Missing() || seen[p.BankTransfer.ID] {
				t.Fatalf("part %+v", p)
			}
			seen[p.BankTransfer.ID], used = true, used+p.Amount
		}
		if used > sum || sure && len(parts) == 0 {
			t.Fatalf("%d of %d, sure %v", used, sum, sure)
		}
	})
}
