package wire

// Media is what one kind of server takes of images and documents, and how many tokens an image counts for. A limit that is 0
// is not known: the server is asked.
type Media struct {
	// Image and Document are the most bytes of one image and of one document, before base64.
	Image, Document int64
	// Images is the most images of one request.
	Images int
	// ImageTokens is the most that an image counts for.
	ImageTokens int64
	// Results says that the result of a call may hold images (tools.md §b).
	Results bool
}
