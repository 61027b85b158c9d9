"""The web page of a pod: what it shows, who may do what, the JSON API, metrics. What it asks of the pod is in `pod`."""
