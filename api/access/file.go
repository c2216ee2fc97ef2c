package access

import (
	"fmt"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"
)

// SendFile answers with a CSV file that is written while it is made. It returns what went wrong before the first byte, to be
// answered like any error; what goes wrong later cuts the connection, so that nobody takes half of a file for the whole.
func SendFile(c *gin.Context, name, encoding string, write func(io.Writer) error) error {
	c.Header("Content-Type", "text/csv; charset="+encoding)
	c.Header("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	c.Header("Cache-Control", "no-store")
	c.Status(http.StatusOK)
	err := write(c.Writer)
	if err != nil && c.Writer.Written() {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		c.Header("Content-Type", "")
		c.Header("Content-Disposition", "")
	}
	return err
}
