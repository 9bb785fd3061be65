export default function Home() {
  return <main>pgherd</main>;
}
