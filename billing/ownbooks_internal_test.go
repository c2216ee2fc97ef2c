package billing

import (
	"testing"

	"github.com/google/uuid"

	"homecoming/billing/books"
)

// ledgered is an entry as an export reads it: accounts and amounts by turns.
func ledgered(kind string, lines ...any) posted {
	p := posted{ID: uuid.New(), Kind: kind, BookedOn: date(2026, 11, 30)}
	for i := 0; i < len(lines); i += 2 {
		p.Lines, p.Accounts, p.Amounts = append(p.Lines, int64(i/2+1)), append(p.Accounts, lines[i].(string)), append(p.Amounts, int64(lines[i+1].(int)))
	}
	return p
}

func TestMoneyThatCameByBankTransferIsAnAdvanceFromTheDayItCame(t *testing.T) {
	t.Parallel()
	f, ok, err := ledgered("cash", accountCash, 105_290, "client_cash:x", -105_290).fact(Rules{})
	if err != nil || !ok || len(f.Moves) != 2 || f.Moves[0].Role != books.Advance || f.Moves[0].Amount != 105_290 || f.Moves[1].Role != books.Bank {
		t.Errorf("it is booked as %+v (%v)", f.Moves, err)
	}
	for _, p := range []posted{
		ledgered("applied", "client_cash:x", 105_290, "paying:m", -105_290),
		ledgered("charge", accountPlatform, 103_790, accountFee, 1_500, "paying:m", 105_290, accountCash, -105_290, "held:m", -105_290),
	} {
		if f, ok, err := p.fact(Rules{}); ok || err != nil {
			t.Errorf("%s is booked a second time: %+v (%v)", p.Kind, f.Moves, err)
		}
	}
	if _, _, err := ledgered("odd", "held:m", 5, "moon:x", -5).fact(Rules{}); err == nil {
		t.Error("an account that no rule knows is passed over")
	}
}
