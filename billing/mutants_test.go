package billing_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A mutant is billing with one safeguard taken away, and the test that must fail then.
type mutant struct {
	lacks, file, was, is, killer string
}

var mutants = []mutant{
	{"the look-up before sending again", "operation.go", "\tif look {\n", "\tif false {\n", "TestALostAnswerIsLookedUpEvenWhenTheKeyIsForgotten"},
	{"the unique key of an entry", "ledger.go", "e.Kind, e.Source, e.ExternalID", "e.Kind, e.Source+newID().String(), e.ExternalID", "TestPostingASourceTwicePostsOnce"},
	{"the unique key of a request to the provider", "operation.go", `return fmt.Sprintf("%s:%s:%d", keyPrefix[o.Kind], o.ID, o.Attempt)`,
		`return fmt.Sprintf("%s:%s:%d", keyPrefix[o.Kind], newID(), o.Attempt)`, "TestARequestIsAlwaysSentUnderItsAttemptsKey"},
	{"the order of locks", "service.go", "\tif err := tx.Clauses(hold).Where(\"id = ?\", m.ContractID).Take(&c).Error; err != nil {\n",
		"\tif err := tx.Clauses(hold).Where(\"id = ?\", id).Take(&Milestone{}).Error; err != nil {\n\t\treturn c, m, err\n\t}\n" +
			"\tif err := tx.Clauses(hold).Where(\"id = ?\", m.ContractID).Take(&c).Error; err != nil {\n", "TestAMilestoneIsHeldOnlyAfterItsContract"},
	{"the check that a transfer is settled once", "releasing.go", "err != nil || m.State != MilestoneReleasing {", "err != nil {",
		"TestReplayingAllEventsShuffledAndDoubledChangesNothing"},
}

// TestNoSafeguardCanBeTakenAwayUnnoticed builds the tests with one safeguard missing at a time and wants its test to fail.
func TestNoSafeguardCanBeTakenAwayUnnoticed(t *testing.T) {
	t.Parallel()
	for _, m := range mutants {
		t.Run(m.lacks, func(t *testing.T) {
			source, err := os.ReadFile(m.file)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(source), m.was); n != 1 {
				t.Fatalf("%s has %q %d times: the mutant is out of date", m.file, m.was, n)
			}
			out, err := m.run(t, strings.Replace(string(source), m.was, m.is, 1))
			if err == nil || !strings.Contains(out, "--- FAIL: "+m.killer) {
				t.Errorf("without %s, %s still passes, or did not run: %v\n%s", m.lacks, m.killer, err, out)
			}
		})
	}
}

// run runs the killer with the file's content replaced for the compiler alone.
func (m mutant) run(t *testing.T, content string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	patched, overlay := filepath.Join(dir, m.file), filepath.Join(dir, "overlay.json")
	body, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(here, m.file): patched}})
	if err != nil {
		t.Fatal(err)
	}
	for file, what := range map[string][]byte{patched: []byte(content), overlay: body} {
		if err := os.WriteFile(file, what, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-vet=off", "-count=1", "-run", "^"+m.killer+"$", ".")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
