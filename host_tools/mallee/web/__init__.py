"""The web page of a pod: what it shows, who may do what, the JSON API, metrics. A process of its own beside the host; what it asks
of controllers and hosts is in `pod`."""
