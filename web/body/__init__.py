"""What a deployment is made of: its files read, proved and joined into a job."""
