package market_test

import (
	"context"
	"encoding/json"
	"testing"

	"homecoming/internal/mail"
	"homecoming/market"
	"homecoming/market/markettest"
)

// kept is a mailer that remembers.
type kept struct{ mails []mail.Message }

func (k *kept) Send(_ context.Context, m mail.Message) error {
	k.mails = append(k.mails, m)
	return nil
}

// lettersOf lists the letters of one kind that wait in the queue, oldest first.
func lettersOf(t *testing.T, w *markettest.World, kind market.LetterKind) []market.Letter {
	t.Helper()
	var rows []string
	w.Check(w.DB.Gorm(context.Background()).Raw("SELECT args::text FROM river_job WHERE kind = 'market.letter' AND args->>'letter' = ? ORDER BY id", string(kind)).Scan(&rows).Error)
	list := make([]market.Letter, len(rows))
	for i, row := range rows {
		w.Check(json.Unmarshal([]byte(row), &list[i]))
	}
	return list
}
