package access

import (
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
)

// An Attachment is a file that people gave, on its way to somebody who may have it.
type Attachment struct {
	Name  string // as it is saved
	Media string
	Bytes int64
}

// Attach answers with a file to be saved, never shown: whatever is in it, no browser runs it as ours. What breaks on the way
// cuts the connection, so that nobody takes half of a file for the whole. It closes the body.
func Attach(c *gin.Context, a Attachment, body io.ReadCloser) {
	send(c, a, mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}), "no-store", body)
}

// Show answers with a file that is shown: one that this program drew to the last byte, and nobody else's. Browsers keep it for an hour.
// Otherwise it is as Attach.
func Show(c *gin.Context, a Attachment, body io.ReadCloser) {
	send(c, a, "inline", "private, max-age=3600", body)
}

func send(c *gin.Context, a Attachment, disposition, cache string, body io.ReadCloser) {
	defer func() { _ = body.Close() }()
	h := c.Writer.Header()
	h.Set("Content-Type", a.Media)
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Length", strconv.FormatInt(a.Bytes, 10))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", cache)
	c.Status(http.StatusOK)
	if n, err := io.Copy(c.Writer, io.LimitReader(body, a.Bytes)); err != nil || n != a.Bytes {
		panic(http.ErrAbortHandler)
	}
}
