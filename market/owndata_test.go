package market_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/market/markettest"
)

// unzipped are the files of a zip by name.
func unzipped(t *testing.T, file []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(body)
	}
	return files
}

func TestOnesOwnDataComesOutWholeAndNobodyElses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := markettest.New(t)
	aoi := w.Company("Aoi")
	yumi, ken := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Ken")
	task := aoi.Task("=Close the books", 300_000)
	bid := w.Bid(yumi, task, 280_000)
	w.Bid(ken, task, 123_457)
	_, _, err := w.Market.CreateToken(ctx, yumi.Actor, "script", nil)
	w.Check(err)
	_, err = w.Market.BarMember(ctx, aoi.Office, aoi.ID, yumi.MembershipID, market.Bar{Kind: market.InConflict, Reason: "audits us"})
	w.Check(err)
	contract := uuid.New()
	w.Exec(`INSERT INTO contracts (id, company_id, number, task_id, bid_id, membership_id, person_id, state, title, amount, currency, deliver_on, manager_id, created_at)
		VALUES (?, ?, 1, ?, ?, ?, ?, 'completed', 'x', 1, 'JPY', now(), ?, now())`, contract, aoi.ID, task.ID, bid.ID, yumi.MembershipID, yumi.PersonID, aoi.Manager.PersonID)
	review := func(side, text string) {
		w.Exec("INSERT INTO reviews (id, company_id, contract_id, person_id, by_side, rating, text, created_at) VALUES (?, ?, ?, ?, ?, 4, ?, ?)",
			uuid.New(), aoi.ID, contract, yumi.PersonID, side, text, w.Clock.Now())
	}
	review("company", "Late, once.")
	file, err := w.Market.MyData(ctx, yumi.Actor, market.OwnTable{Name: "more", Query: "SELECT id FROM people WHERE id = @person"})
	w.Check(err)
	files := unzipped(t, file)
	if len(files) != len(market.OwnTables)+2 {
		t.Errorf("there are %d files", len(files))
	}
	var data struct {
		PersonID uuid.UUID                   `json:"person_id"`
		Tables   map[string][]map[string]any `json:"tables"`
	}
	w.Check(json.Unmarshal([]byte(files["data.json"]), &data))
	if data.PersonID != yumi.PersonID || len(data.Tables["bids"]) != 1 || data.Tables["bids"][0]["amount"] != 280_000.0 || data.Tables["profile"][0]["email"] != yumi.Email || len(data.Tables["tokens"]) != 1 || len(data.Tables["more"]) != 1 {
		t.Errorf("%+v", data)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(files["bids.csv"], "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[0][0] != "id" || rows[1][2] != "'=Close the books" || rows[1][6] != "280000" {
		t.Errorf("%v, %v", rows, err)
	}
	for _, never := range []string{"argon2id", "password_hash", "123457", "Sato", "audits us", "Late, once."} {
		for name, body := range files {
			if strings.Contains(body, never) {
				t.Errorf("%s tells %q", name, never)
			}
		}
	}
	review("alumnus", "A good client.")
	file, err = w.Market.MyData(ctx, yumi.Actor)
	w.Check(err)
	if said := unzipped(t, file)["reviews.csv"]; !strings.Contains(said, "Late, once.") || !strings.Contains(said, "A good client.") {
		t.Errorf("once both have written, the reviews are %q", said)
	}
	if n := w.Count("SELECT count(*) FROM audit WHERE action = 'profile.export' AND actor_id = ?", yumi.PersonID); n != 2 {
		t.Errorf("it was noted %d times", n)
	}
	vouched := yumi.Actor
	vouched.Through = aoi.ID
	if _, err := w.Market.MyData(ctx, vouched); !errors.Is(err, market.ErrOwnMeans) {
		t.Errorf("whom a provider vouched for: %v", err)
	}
}
