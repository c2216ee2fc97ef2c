package market_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"homecoming/internal/jobs"
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

func TestEveryLetterHasItsTextInBothLanguages(t *testing.T) {
	t.Parallel()
	facts := map[string]any{"title": "Close the\nbooks", "amount": "¥300,000", "from": "Daniel", "reason": "The auditors do it.\nhttps://evil.test",
		"message": "Two lines\nhttps://evil.test", "contract": "C-12", "date": "2026-12-07", "role": "finance", "words": "Thank you.\nhttps://evil.test"}
	for _, kind := range market.LetterKinds {
		for _, language := range []string{"en", "ja"} {
			for name, given := range map[string]map[string]any{"all facts": facts, "no facts": nil} {
				subject, text, err := market.RenderLetter(kind, language, "Yumi", "Aoi", "https://home.test/x", given)
				if err != nil {
					t.Fatalf("%s in %s with %s: %v", kind, language, name, err)
				}
				for _, bad := range []string{"<no value>", "{{", "\n\n\n", "\nhttps://evil.test"} {
					if strings.Contains(subject+"\n"+text, bad) {
						t.Errorf("%s in %s with %s shows %q:\n%s", kind, language, name, bad, text)
					}
				}
				if subject == "" || strings.Contains(subject, "\n") || !strings.Contains(text, "\n\nhttps://home.test/x\n") || !strings.Contains(text, "Yumi") {
					t.Errorf("%s in %s with %s:\n%s\n%s", kind, language, name, subject, text)
				}
			}
		}
	}
}

func TestNoTextIsWithoutItsLetter(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir("letters")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		kind, _, _ := strings.Cut(f.Name(), ".")
		if !slices.Contains(market.LetterKinds, market.LetterKind(kind)) {
			t.Errorf("%s belongs to no letter", f.Name())
		}
	}
	if len(files) != 2*len(market.LetterKinds) {
		t.Errorf("%d texts for %d letters", len(files), len(market.LetterKinds))
	}
}

func TestALetterSpeaksItsReadersLanguage(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	ja, en := "葵製作所", "Aoi Works"
	_, err := w.Market.UpdateCompany(ctx, aoi.Administrator, aoi.ID, market.CompanyEdit{Name: &ja, NameEN: &en})
	w.Check(err)
	yumi := aoi.Alumnus("Takahashi Yumi")
	letter := market.Letter{Letter: market.LetterJoin, PersonID: yumi.PersonID, CompanyID: aoi.ID, Path: "/"}
	for language, want := range map[string]string{"en": "Aoi Works would like to stay in touch", "ja": "葵製作所から「おかえりなさい」のご案内"} {
		_, err := w.Market.UpdateProfile(ctx, yumi.Actor, market.ProfileEdit{Language: &language})
		w.Check(err)
		_, m := linkIn(t, w, letter)
		if m.Subject != want || m.Language != language || m.To != yumi.Email || m.ToName != "Yumi Takahashi" {
			t.Errorf("%+v", m)
		}
	}
}

// refusing is a mailer whose server says no.
type refusing struct{ err error }

func (r refusing) Send(context.Context, mail.Message) error { return r.err }

func TestALetterIsTriedAgainUnlessItsAddressWillNeverWork(t *testing.T) {
	t.Parallel()
	w := markettest.New(t)
	yumi := w.Company("Aoi").Alumnus("Takahashi Yumi")
	letter := market.Letter{Letter: market.LetterSignIn, PersonID: yumi.PersonID}
	var canceled *river.JobCancelError
	if err := w.Market.SendLetter(context.Background(), refusing{errors.New("try later")}, "https://home.test", letter, 1); err == nil || errors.As(err, &canceled) {
		t.Errorf("a server that is away: %v", err)
	}
	if err := w.Market.SendLetter(context.Background(), refusing{mail.ErrAddress}, "https://home.test", letter, 1); !errors.As(err, &canceled) {
		t.Errorf("an address that is gone: %v", err)
	}
}

// TestTheQueueImportsInvitesAndLetsIn walks the whole way in over the real queue and the real outbox.
func TestTheQueueImportsInvitesAndLetsIn(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	w := markettest.New(t)
	outbox := &telling{Outbox: mail.NewOutbox(w.DB), sent: make(chan mail.Message, 100)}
	workers := river.NewWorkers()
	market.AddWorkers(workers, w.Market, outbox, "https://home.test")
	worker, err := jobs.Start(ctx, w.DB, workers, jobs.Config{Logger: slog.New(slog.DiscardHandler)})
	w.Check(err)
	t.Cleanup(func() { _ = worker.Stop(context.Background()) })
	aoi, midori := w.Company("Aoi"), w.Company("Midori")
	midori.Alumnus("Takahashi Yumi")
	_, err = w.Market.StartImport(ctx, aoi.Office, aoi.ID, []byte(header+"yumi.takahashi@alumni.test,高橋,由美,,,Tax,2014-04-01,2023-03-31,,,,,\n"), false)
	w.Check(err)
	m := outbox.wait(ctx, t, "yumi.takahashi@alumni.test") // the import is done, and asks whether it is her
	raw := linkInText.FindStringSubmatch(m.Text)[1]
	who, path, err := w.Market.UseLink(ctx, raw, "", "")
	if err != nil || path != "/profile" {
		t.Fatal(path, err)
	}
	open, err := w.Market.LinkProposals(ctx, who)
	w.Check(err)
	w.Check(w.Market.AnswerProposal(ctx, who, open[0].MembershipID, true))
	if n := w.Count("SELECT count(*) FROM outbox WHERE body LIKE ?", "%"+raw+"%"); n != 1 {
		t.Errorf("the outbox has the mail %d times", n)
	}
}

// telling is an outbox that tells when a mail is in it.
type telling struct {
	*mail.Outbox
	sent chan mail.Message
}

func (o *telling) Send(ctx context.Context, m mail.Message) error {
	err := o.Outbox.Send(ctx, m)
	o.sent <- m
	return err
}

func (o *telling) wait(ctx context.Context, t *testing.T, to string) mail.Message {
	t.Helper()
	for {
		select {
		case m := <-o.sent:
			if m.To == to {
				return m
			}
		case <-ctx.Done():
			t.Fatal("no mail came")
		}
	}
}
