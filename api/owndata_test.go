package api_test

import (
	"archive/zip"
	"bytes"
	"net/http"
	"slices"
	"testing"
)

func TestOnesOwnDataComesFromEveryRoom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Skill("bookkeeping", "Bookkeeping", "記帳")
	aoi := w.tenant("Aoi")
	got := w.as(aoi.alumna.Actor, "GET", "/api/v1/me/data.zip", nil).wants(http.StatusOK)
	if media := got.Header().Get("Content-Type"); media != "application/zip" {
		t.Errorf("it is %q", media)
	}
	z, err := zip.NewReader(bytes.NewReader(got.Body.Bytes()), int64(got.Body.Len()))
	w.Check(err)
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	for _, name := range []string{"data.json", "profile.csv", "contracts.csv", "milestones.csv", "payouts.csv", "saved_searches.csv"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not among %v", name, names)
		}
	}
}
