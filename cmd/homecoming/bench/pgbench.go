package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A pgbench writes the ledger's statements without us: PostgreSQL's own load generator, in C, with prepared statements.
type pgbench struct {
	url     string
	company uuid.UUID
	hot     int // so many of the four accounts are shared by all
	clients int
}

// script is one entry as billing.Post writes it. Its ids are of version 7, as ours are: all clients write at the right edge of the
// same indexes. Ids that grow per client would spare the yardstick a contention that every ledger with ids in order of time has.
func (b *pgbench) script(round int) string {
	var s strings.Builder
	accounts := make([]string, 4)
	for i := range accounts {
		if i < b.hot {
			accounts[i] = fmt.Sprintf("'hot_%d'", i)
			continue
		}
		fmt.Fprintf(&s, "\\set a%d random(0, %d)\n", i, spreadOver-1)
		accounts[i] = fmt.Sprintf("'spread_%d_' || :a%d::text", i, i)
	}
	fmt.Fprintf(&s, `\set n :n + 1
BEGIN;
WITH c AS MATERIALIZED (
	SELECT greatest((now() AT TIME ZONE time_zone)::date, books_closed_through + 1) AS booked_on FROM companies WHERE id = '%[2]s'::uuid FOR KEY SHARE),
e AS (
	INSERT INTO ledger_entries (id, company_id, at, posted_at, kind, source, external_id, milestone_id, booked_on)
	VALUES ((lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(:n::int %% 4096), 3, '0') || '8' || lpad(to_hex(:client_id::int), 15, '0'))::uuid, '%[2]s'::uuid, now(), now(),
		'bench', 'theirs:%[1]d:' || :client_id::text || ':' || :n::text, '', NULL::uuid, (SELECT booked_on FROM c))
	ON CONFLICT ON CONSTRAINT entry_source_once DO NOTHING
	RETURNING id, company_id, milestone_id, at)
INSERT INTO ledger_postings (entry_id, line, company_id, milestone_id, account, currency, amount, at)
SELECT e.id, p.line, e.company_id, e.milestone_id, p.account, p.currency, p.amount, e.at
FROM e, unnest(ARRAY[%[3]s]::text[], '{JPY,JPY,JPY,JPY}'::text[], '{105290,-99790,-5000,-500}'::bigint[]) WITH ORDINALITY AS p(account, currency, amount, line);
COMMIT;
`, round, b.company, strings.Join(accounts, ", "))
	return s.String()
}

var perSecond = regexp.MustCompile(`tps = ([0-9.]+) \(without initial connection time\)`)

// run writes for one turn and gives entries per second.
func (b *pgbench) run(ctx context.Context, turn time.Duration, round int) (float64, error) {
	dir, err := os.MkdirTemp("", "hc-pgbench-")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "entry.sql")
	if err := os.WriteFile(file, []byte(b.script(round)), 0o600); err != nil {
		return 0, err
	}
	program, err := exec.LookPath("pgbench")
	if err != nil {
		return 0, fmt.Errorf("the yardstick is missing: %w", err)
	}
	seconds := max(1, int(turn.Seconds()))
	cmd := exec.CommandContext(ctx, program, "-n", "-M", "prepared", "-c", strconv.Itoa(b.clients), "-j", "2", "-T", strconv.Itoa(seconds), "-D", "n=0", "-f", file, b.url)
	out, err := cmd.CombinedOutput()
	said := perSecond.FindSubmatch(out)
	if err != nil || said == nil {
		return 0, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	return strconv.ParseFloat(string(said[1]), 64)
}
