package market_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/market/markettest"
)

func upload(name, body string) market.Upload {
	return market.Upload{Name: name, Size: int64(len(body)), Body: strings.NewReader(body)}
}

func TestAFileComesBackAsItWasGivenAndToNobodyElse(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	aoi := w.Company("Aoi")
	f, err := w.Market.KeepFile(ctx, aoi.Manager, upload(`C:\見積\estimate 見積.csv`, "a,b\r\n1,2\r\n"))
	w.Check(err)
	if f.Name != "estimate 見積.csv" || f.Media != "text/plain" || f.Bytes != 10 {
		t.Errorf("it is kept as %+v", f)
	}
	got, body, err := w.Market.OpenFile(ctx, aoi.Manager, f.ID)
	w.Check(err)
	content, err := io.ReadAll(body)
	w.Check(errors.Join(err, body.Close()))
	if string(content) != "a,b\r\n1,2\r\n" || !bytes.Equal(got.SHA256, f.SHA256) || len(f.SHA256) != 32 {
		t.Errorf("%q came back", content)
	}
	for name, who := range map[string]market.Actor{"a colleague": aoi.Administrator, "nobody": {}} {
		if _, _, err := w.Market.OpenFile(ctx, who, f.ID); !errors.Is(err, market.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsNoDocumentIsRefusedBeforeAnythingIsKept(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	manager := w.Company("Aoi").Manager
	for want, u := range map[error]market.Upload{
		market.ErrFileType: upload("bill.pdf", "MZ\x90\x00\x03"),
		market.ErrFileSize: upload("empty.txt", ""),
	} {
		if _, err := w.Market.KeepFile(ctx, manager, u); !errors.Is(err, want) {
			t.Errorf("%s: %v", u.Name, err)
		}
	}
	if _, err := w.Market.KeepFile(ctx, manager, market.Upload{Name: "a.txt", Size: market.MaxFile + 1, Body: strings.NewReader("a")}); !errors.Is(err, market.ErrFileSize) {
		t.Errorf("a long one: %v", err)
	}
	if n := w.Count("SELECT count(*) FROM files"); n != 0 {
		t.Errorf("%d rows", n)
	}
}

func TestFilesThatNothingTookOrThatWereNeverFinishedAreSweptAfterADay(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	manager := w.Company("Aoi").Manager
	if _, err := w.Market.KeepFile(ctx, manager, market.Upload{Name: "broken.txt", Size: 10, Body: strings.NewReader("short")}); err == nil {
		t.Fatal("a file that breaks off was kept")
	}
	old, err := w.Market.KeepFile(ctx, manager, upload("old.txt", "a"))
	w.Check(err)
	w.Clock.Advance(25 * time.Hour)
	young, err := w.Market.KeepFile(ctx, manager, upload("young.txt", "a"))
	w.Check(err)
	for _, want := range []int{2, 0} {
		if n, err := w.Market.SweepFiles(ctx); err != nil || n != want {
			t.Errorf("%d swept, %v", n, err)
		}
	}
	if _, _, err := w.Market.OpenFile(ctx, manager, old.ID); !errors.Is(err, market.ErrNotFound) {
		t.Errorf("the old one: %v", err)
	}
	_, body, err := w.Market.OpenFile(ctx, manager, young.ID)
	w.Check(err)
	w.Check(body.Close())
}

func TestNobodyPilesFilesUp(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	manager := w.Company("Aoi").Manager
	for range 50 {
		w.Exec("INSERT INTO files (id, uploader_id, name, media, bytes, made_at) VALUES (?, ?, 'a.txt', 'text/plain', 1, ?)", uuid.New(), manager.PersonID, w.Clock.Now())
	}
	if _, err := w.Market.KeepFile(ctx, manager, upload("more.txt", "a")); !errors.Is(err, market.ErrFilesWaiting) {
		t.Errorf("one more: %v", err)
	}
	w.Clock.Advance(25 * time.Hour)
	_, err := w.Market.KeepFile(ctx, manager, upload("more.txt", "a"))
	w.Check(err)
}
